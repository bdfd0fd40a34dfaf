# SPDX-License-Identifier: Apache-2.0
"""``unet-perception quantize``: a bundle gets the network in int8, and what it costs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from unet_perception.cli.arguments import at_least

DEFAULT_FRAMES = 128


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "quantize", help="add an int8 network to a bundle, calibrated and scored on recorded frames"
    )
    parser.add_argument("model", help="a bundle's folder, or the name of a shipped model")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        action="append",
        metavar="DIR",
        help="dataset folder, may be repeated: calibrated on train, scored on val.txt",
    )
    parser.add_argument(
        "--frames",
        type=int,
        default=DEFAULT_FRAMES,
        help=f"frames to calibrate on, spread over all (default: {DEFAULT_FRAMES})",
    )
    parser.add_argument(
        "--force", action="store_true", help="write it even if it costs 0.01 mIoU or more"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Quantize, and print what int8 and bf16 cost.

    Raises:
        BundleError: The model is missing, damaged, or cannot be written.
        DatasetError: There is nothing to calibrate or to score on.
        EngineError: int8 costs too much, or the tools are not installed.
    """
    from unet_perception.dataset.splits import training_pairs
    from unet_perception.errors import DatasetError
    from unet_perception.model.bundle import load_bundle
    from unet_perception.quantization.bundle_int8 import add_int8
    from unet_perception.segmenter import find_model

    at_least(1, "frames", options.frames)
    bundle = load_bundle(find_model(options.model))
    calibration, scored = [], []
    for root in options.data:
        train, held_out = training_pairs(root)
        if not held_out:
            raise DatasetError(
                f"{root}: has no val.txt; what int8 costs must be scored on frames that it was "
                "not calibrated on"
            )
        share = -(-options.frames // len(options.data))
        step = max(1, len(train) // share)
        calibration.append((root, train[::step][:share]))
        scored.append((root, held_out))
    facts = add_int8(bundle, calibration, scored, options.force, print)
    for name in ("bf16", "int8"):
        if name in facts:
            entry = facts[name]
            print(
                f"{name}: {entry['pixel_agreement']:.2%} of the pixels as in fp32, mIoU "
                f"{entry['miou']:.4f} ({-entry['miou_loss']:+.4f})"
            )
    print(f"written to {bundle.path}")
    return 0
