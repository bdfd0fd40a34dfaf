# SPDX-License-Identifier: Apache-2.0
"""``unet-perception demo``: CARLA's client and the node live, with a table and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("demo", help="run source and node live and show the result")
    parser.add_argument(
        "--data",
        type=_folder,
        default=None,
        metavar="DIR",
        help="folder with CameraRGB and CameraMask; the built-in street by default",
    )
    parser.add_argument("--rate", type=float, default=20.0, help="frames a second (20)")
    parser.add_argument(
        "--seconds", type=float, default=0.0, help="stop after this time; 0 waits for Ctrl-C (0)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("demo_output"), help="folder for pictures and logs"
    )
    parser.add_argument("--model", default="carla_unet", help="model bundle (carla_unet)")
    parser.add_argument(
        "--engine", default="auto", help="auto, tensorrt, cuda, openvino or pytorch (auto)"
    )
    parser.add_argument("--precision", default="auto", help="auto, fp32, fp16, bf16 or int8 (auto)")
    parser.add_argument(
        "--source",
        default="auto",
        help="carla: CARLA's client on the playback server; camera: a node without it (auto)",
    )
    parser.add_argument(
        "--no-view", action="store_true", help="without the live page for web browsers"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo; return its exit code."""
    from unet_perception.demo.run import DemoOptions, run_demo

    return run_demo(
        DemoOptions(
            data=options.data,
            rate=options.rate,
            seconds=options.seconds,
            out=options.out,
            model=options.model,
            engine=options.engine,
            precision=options.precision,
            source=options.source,
            view=not options.no_view,
        )
    )


def _folder(value: str) -> Path | None:
    # make passes an empty value when DATA is not given.
    return Path(value) if value else None
