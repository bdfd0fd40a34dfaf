# SPDX-License-Identifier: Apache-2.0
"""``unet-perception predict``: masks and overlays of pictures and videos."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import add_engine_options, at_least

if TYPE_CHECKING:
    from unet_perception.prediction.inputs import Input
    from unet_perception.prediction.predict import Wanted

SHEET = 8


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("predict", help="classify the pixels of pictures and videos")
    parser.add_argument("model", help="model bundle: a folder, or the name of a shipped one")
    parser.add_argument(
        "inputs", type=Path, nargs="*", metavar="INPUT", help="pictures, videos, folders of them"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="new or empty folder"
    )
    chosen = parser.add_argument_group(
        "what is written",
        "without any of these: masks, overlays and a sheet; of videos alone, videos and a sheet",
    )
    chosen.add_argument("--masks", action="store_true", help="class ids as PNG files")
    chosen.add_argument("--overlays", action="store_true", help="colours over the pictures")
    chosen.add_argument("--video", action="store_true", help="overlays as a video")
    chosen.add_argument(
        "--sheet",
        type=int,
        nargs="?",
        const=SHEET,
        metavar="N",
        help=f"a contact sheet of N frames, evenly spread ({SHEET})",
    )
    chosen.add_argument(
        "--triplets",
        metavar="DIR[,KEY=VALUE...]",
        help="figures of picture, true mask and predicted mask of a dataset; keys as in evaluate",
    )
    parser.add_argument(
        "--count", type=int, default=SHEET, metavar="N", help=f"how many triplets ({SHEET})"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.5, help="weight of the colours in overlays (0.5)"
    )
    parser.add_argument(
        "--fps", type=float, default=20.0, help="frames a second of a video of pictures (20)"
    )
    add_engine_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Predict and write; return the exit code.

    Raises:
        UnetPerceptionError: An option, the model or an input is not as it must be.
    """
    from unet_perception.cli.progress import progress
    from unet_perception.dataset.new_folder import new_folder
    from unet_perception.dataset.sources import parse_source
    from unet_perception.errors import ConfigError
    from unet_perception.evaluation.truth import Truth
    from unet_perception.prediction.inputs import find_inputs
    from unet_perception.prediction.predict import predict
    from unet_perception.prediction.triplets import FOLDER, write_triplets
    from unet_perception.segmenter import open_segmenter

    if not options.inputs and options.triplets is None:
        raise ConfigError("there is no INPUT; give pictures, videos or folders, or --triplets")
    at_least(1, "count", options.count)
    source = None if options.triplets is None else parse_source(options.triplets)
    inputs = find_inputs(options.inputs)
    wanted = _wanted(options, inputs)
    read = [path for path in options.inputs if path.is_dir()]
    if source is not None:
        read.append(source.root)
    segmenter = open_segmenter(options.model, options.engine, options.precision)
    notes: list[str] = []
    try:
        truth = None if source is None else Truth(source, segmenter.label_set)
        with new_folder(options.out, read) as folder:
            if inputs:
                with progress("predict") as watch:
                    done = predict(segmenter, inputs, folder, wanted, watch)
                notes += [*done.notes, f"{options.out}: {done.frames} frames predicted"]
            if truth is not None:
                with progress("triplets") as watch:
                    count = write_triplets(segmenter, truth, folder, options.count, watch)
                notes.append(f"{options.out / FOLDER}: {count} figures of {truth.name}")
    finally:
        segmenter.close()
    print("\n".join(notes))
    return 0


def _wanted(options: argparse.Namespace, inputs: list[Input]) -> Wanted:
    from unet_perception.prediction.predict import Wanted

    masks, overlays, video = options.masks, options.overlays, options.video
    sheet = options.sheet
    if not (masks or overlays or video) and sheet is None:
        video, sheet = all(item.is_video for item in inputs), SHEET
        masks = overlays = not video
    return Wanted(masks, overlays, video, sheet or 0, options.alpha, options.fps)
