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
    parser.add_argument(
        "--ignore-below",
        type=int,
        metavar="ROW",
        help="count nothing from this camera row on, such as the car's own bonnet",
    )
    parser.add_argument("--engine", default="auto", help="auto, openvino or pytorch")
    parser.add_argument("--precision", default="auto", help="auto, fp32 or bf16")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there as well")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the scores; return the exit code."""
    from rich.console import Console
    from rich.table import Table

    from unet_perception.dataset import MaskReader
    from unet_perception.errors import ConfigError
    from unet_perception.segmenter import open_segmenter
    from unet_perception.training.evaluate import evaluate
    from unet_perception.training.splits import evaluation_pairs

    pairs, split = evaluation_pairs(options.data, options.split)
    segmenter = open_segmenter(options.model, options.engine, options.precision)
    try:
        scores = evaluate(segmenter, options.data, pairs, options.resolution, options.ignore_below)
    finally:
        segmenter.close()
    info = segmenter.engine.info
    console = Console()
    console.print(
        f"{options.data.resolve().name}, {split}: {len(pairs)} pairs, {options.resolution} "
        f"resolution, {info.name} {info.precision}"
    )
    description = MaskReader(options.data, segmenter.label_set).description
    if description:
        console.print(description)
    table = Table()
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
    console.print(table)
    console.print(f"pixel accuracy {scores.accuracy:.4f}   mIoU {scores.miou:.4f}")
    if options.json:
        names = {label.id: label.name for label in segmenter.label_set.classes}
        document = {
            "accuracy": _number(scores.accuracy),
            "miou": _number(scores.miou),
            # A network may answer with an id that its label set leaves free.
            "iou": {names.get(i, str(i)): value for i, value in scores.iou.items()},
            "pixels": {names[i]: scores.support[i] for i in names},
            "pairs": len(pairs),
            "split": split,
            "resolution": options.resolution,
            "ignore_below": options.ignore_below,
            "engine": info.name,
            "precision": info.precision,
        }
        try:
            options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"json is {str(options.json)!r}: {error.strerror}") from error
    return 0


def _number(value: float) -> float | None:
    # JSON has no NaN; where no pixel was counted there is no score.
    return None if math.isnan(value) else value
