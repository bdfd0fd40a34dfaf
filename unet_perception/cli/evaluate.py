# SPDX-License-Identifier: Apache-2.0
"""``unet-perception evaluate``: scores of a model on a dataset."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("evaluate", help="score a model on a folder of pairs")
    parser.add_argument("model", help="model bundle: a folder, or the name of a shipped one")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="dataset folder")
    parser.add_argument(
        "--split", default="auto", help="val, train, all, or auto: val where there is one (auto)"
    )
    parser.add_argument(
        "--resolution", default="camera", help="camera or network: where pixels are compared"
    )
    parser.add_argument("--engine", default="auto", help="auto, openvino or pytorch")
    parser.add_argument("--precision", default="auto", help="auto, fp32 or bf16")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there as well")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the scores; return the exit code."""
    from rich.console import Console
    from rich.table import Table

    from unet_perception.dataset import list_pairs
    from unet_perception.errors import ConfigError
    from unet_perception.segmenter import open_segmenter
    from unet_perception.training.evaluate import evaluate
    from unet_perception.training.pixels import default_split

    split = {"auto": default_split(options.data, "val"), "all": None}.get(
        options.split, options.split
    )
    pairs = list_pairs(options.data, split)
    segmenter = open_segmenter(options.model, options.engine, options.precision)
    scores = evaluate(segmenter, options.data, pairs, options.resolution)
    info = segmenter.engine.info
    table = Table(
        title=f"{options.data.resolve().name}, {split or 'all'}: {len(pairs)} pairs, "
        f"{options.resolution} resolution, {info.name} {info.precision}",
        title_justify="left",
    )
    for column in ("id", "class", "IoU", "pixels"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for label in segmenter.label_set.classes:
        iou = scores.iou.get(label.id, math.nan)
        table.add_row(
            str(label.id),
            label.name,
            "-" if math.isnan(iou) else f"{iou:.4f}",
            f"{scores.support[label.id]:,}",
        )
    console = Console()
    console.print(table)
    console.print(f"pixel accuracy {scores.accuracy:.4f}   mIoU {scores.miou:.4f}")
    if options.json:
        names = {label.id: label.name for label in segmenter.label_set.classes}
        document = {
            "accuracy": scores.accuracy,
            "miou": scores.miou,
            "iou": {names[i]: value for i, value in scores.iou.items()},
            "pixels": {names[i]: scores.support[i] for i in names},
            "pairs": len(pairs),
            "split": split or "all",
            "resolution": options.resolution,
            "engine": info.name,
            "precision": info.precision,
        }
        try:
            options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"json is {str(options.json)!r}: {error.strerror}") from error
    return 0
