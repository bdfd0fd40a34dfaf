# SPDX-License-Identifier: Apache-2.0
"""``unet-perception playback``: a stand-in for the CARLA server, for CARLA's own client."""

from __future__ import annotations

import argparse
from typing import Any

from unet_perception.cli.arguments import folder_or_street


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser(
        "playback", help="a server that CARLA's own client takes for CARLA"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=2000, help="RPC port; 0 takes any (2000)")
    parser.add_argument(
        "--data",
        type=folder_or_street,
        metavar="DIR",
        help="folder with CameraRGB and CameraMask to play; the built-in street by default",
    )
    parser.add_argument(
        "--split", default="auto", help="part of the folder: auto, all, or a list's name (auto)"
    )
    parser.add_argument(
        "--label-set", metavar="NAME", help="label set of the folder, where no dataset.json tells"
    )
    parser.add_argument("--town", default="Town10HD_Opt", help="town to start in (Town10HD_Opt)")
    parser.add_argument(
        "--rate", type=float, default=20.0, help="frames a second while free-running (20)"
    )
    parser.add_argument(
        "--carla-version", default="0.9.16", metavar="V", help="version to claim (0.9.16)"
    )
    parser.add_argument(
        "--linger",
        type=float,
        default=0.0,
        metavar="S",
        help="once told to stop, serve on for clients that say goodbye, up to S seconds (0)",
    )
    faults = parser.add_argument_group("faults, for tests of what uses CARLA")
    faults.add_argument("--sync", action="store_true", help="start in synchronous mode")
    faults.add_argument(
        "--fail", action="append", default=[], metavar="METHOD=TEXT", help="answer with an error"
    )
    faults.add_argument(
        "--drop", action="append", default=[], metavar="CAMERA=N", help="lose every N-th image"
    )
    faults.add_argument(
        "--delay", action="append", default=[], metavar="CAMERA=S", help="hold images back"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code.

    Raises:
        UnetPerceptionError: An option is wrong, the folder cannot be played, or the port is
            taken.
    """
    import logging

    from unet_perception.ros import process

    process.block_stop_signals()
    process.tune_malloc()
    from unet_perception.playback.server.faults import Faults
    from unet_perception.playback.server.server import PlaybackServer, ServerOptions
    from unet_perception.playback.stage import FolderStage, StreetStage

    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    served = ServerOptions(
        host=options.host,
        port=options.port,
        version=options.carla_version,
        town=options.town,
        rate=options.rate,
        synchronous=options.sync,
        faults=Faults(
            _pairs("fail", options.fail, str, "METHOD=TEXT"),
            _pairs("drop", options.drop, int, "CAMERA=N with a whole number"),
            _pairs("delay", options.delay, float, "CAMERA=S with seconds"),
        ),
    )
    stage = (
        FolderStage(options.data, options.split, options.label_set)
        if options.data
        else StreetStage()
    )
    with PlaybackServer(served, stage) as server:
        print(
            f"listening on {options.host}:{server.port} as CARLA {options.carla_version}: {stage}",
            flush=True,
        )
        process.wait_for_stop()
        server.wait_for_goodbyes(options.linger)
    return 0


def _pairs(option: str, given: list[str], kind: type[Any], form: str) -> dict[str, Any]:
    from unet_perception.errors import ConfigError

    pairs = {}
    for text in given:
        name, separator, value = text.partition("=")
        try:
            pairs[name] = kind(value)
        except ValueError:
            separator = ""
        if not separator:
            raise ConfigError(f"{option} is {text!r}; it must be {form}")
    return pairs
