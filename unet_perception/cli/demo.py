# SPDX-License-Identifier: Apache-2.0
"""``unet-perception demo``: CARLA's client and the node live, with a table and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from unet_perception.cli.arguments import add_engine_options, folder_or_street


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("demo", help="run source and node live and show the result")
    parser.add_argument(
        "--data",
        type=folder_or_street,
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
    add_engine_options(parser)
    parser.add_argument(
        "--source",
        default="auto",
        help="carla: CARLA's client on the playback server; camera: a node without it (auto)",
    )
    parser.add_argument(
        "--no-view",
        dest="view",
        action="store_false",
        help="without the live page for web browsers",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo; return its exit code."""
    from dataclasses import fields

    from unet_perception.demo.run import DemoOptions, run_demo

    given = {field.name: getattr(options, field.name) for field in fields(DemoOptions)}
    return run_demo(DemoOptions(**given))
