# SPDX-License-Identifier: Apache-2.0
"""``unet-perception evaluate``: scores of a model on datasets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import add_engine_options, at_least

if TYPE_CHECKING:
    from unet_perception.dataset.parallel import Watch
    from unet_perception.dataset.sources import Source
    from unet_perception.evaluation.evaluate import Terms
    from unet_perception.evaluation.result import Evaluation
    from unet_perception.evaluation.truth import Truth
    from unet_perception.segmenter import Segmenter


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("evaluate", help="score a model on folders of pairs")
    parser.add_argument("model", help="model bundle: a folder, or the name of a shipped one")
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="DIR[,KEY=VALUE...]",
        help="dataset folder, several times for several; keys are labels (label set of the "
        "masks), split and hold_out (share of the pairs, as train takes it)",
    )
    parser.add_argument(
        "--split",
        default="auto",
        help="val, train, all, or auto: val where there is one (auto); for each --data that "
        "says none itself",
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
    parser.add_argument(
        "--boundary-tolerance",
        type=float,
        metavar="SHARE",
        help="how far apart outlines may lie, as a share of the diagonal (0.0075)",
    )
    add_engine_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there as well")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write a web page with pictures (.html)"
    )
    parser.add_argument(
        "--pictures",
        type=int,
        default=6,
        metavar="N",
        help="best and worst frames in the report, of each (6)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the scores; return the exit code.

    Raises:
        UnetPerceptionError: An option, the model or a dataset is not as it must be.
    """
    from rich.console import Console

    from unet_perception.cli.progress import progress
    from unet_perception.evaluation.boundary import TOLERANCE
    from unet_perception.evaluation.evaluate import Terms, evaluate
    from unet_perception.evaluation.tables import render
    from unet_perception.evaluation.truth import Truth
    from unet_perception.segmenter import open_segmenter

    tolerance = options.boundary_tolerance
    terms = Terms(
        options.resolution, options.ignore_below, TOLERANCE if tolerance is None else tolerance
    )
    _check_outputs(options)
    sources = _sources(options.data, options.split)
    segmenter = open_segmenter(options.model, options.engine, options.precision)
    try:
        truths = [Truth(source, segmenter.label_set) for source in sources]
        with progress("evaluate") as watch:
            found = evaluate(segmenter, truths, terms, watch)
        Console().print(render(found))
        if options.json is not None:
            _write_json(options.json, found)
        if options.report is not None:
            with progress("report") as watch:
                _write_report(options, segmenter, truths, terms, found, watch)
    finally:
        segmenter.close()
    return 0


def _sources(texts: list[str], split: str) -> list[Source]:
    from dataclasses import replace

    from unet_perception.dataset.sources import parse_source
    from unet_perception.dataset.splits import AUTO

    return [
        replace(source, split=split) if source.split == AUTO else source
        for source in map(parse_source, texts)
    ]


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuse what would fail only after all pictures were scored."""
    from unet_perception.errors import ConfigError

    at_least(1, "pictures", options.pictures)
    for key in ("json", "report"):
        path = getattr(options, key)
        if path is not None and not path.parent.is_dir():
            raise ConfigError(f"{key} is {str(path)!r}; there is no folder {path.parent}")
    if options.report is not None and options.report.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"report is {str(options.report)!r}; it must end in .html")


def _write_json(path: Path, found: Evaluation) -> None:
    import json

    from unet_perception.errors import ConfigError

    try:
        path.write_text(json.dumps(found.as_dict(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"json is {str(path)!r}: {error.strerror}") from error


def _write_report(
    options: argparse.Namespace,
    segmenter: Segmenter,
    truths: list[Truth],
    terms: Terms,
    found: Evaluation,
    watch: Watch,
) -> None:
    from unet_perception.evaluation.evaluate import Viewer
    from unet_perception.evaluation.report import Extremes, write_report
    from unet_perception.evaluation.shots import best_and_worst, take_shot

    viewer = Viewer(segmenter, terms)
    extremes = []
    for number, truth in enumerate(truths):
        frames = [frame for frame in found.frames if frame.dataset == number]
        chosen = best_and_worst(frames, options.pictures)
        best, worst = ([take_shot(viewer, truth, frame) for frame in part] for part in chosen)
        extremes.append(Extremes(best, worst))
        watch(number + 1, len(truths))
    write_report(options.report, found, extremes, segmenter.bundle.spec.training)
