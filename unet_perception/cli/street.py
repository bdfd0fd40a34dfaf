# SPDX-License-Identifier: Apache-2.0
"""``unet-perception street``: a dataset of the built-in street, with exact masks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from unet_perception.cli.arguments import at_least


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("street", help="write a dataset of the built-in street")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the dataset")
    parser.add_argument("--frames", type=int, default=200, metavar="N", help="pairs (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which street (0)")
    parser.add_argument(
        "--streets",
        type=int,
        default=1,
        metavar="N",
        help="streets S, S+1, ... share the pairs (1)",
    )
    parser.add_argument(
        "--every", type=int, default=10, metavar="K", help="keep each K-th frame of the drive (10)"
    )
    parser.add_argument(
        "--conditions", metavar="NAME", help="one preset, as ClearNoon; all in turn by default"
    )
    parser.add_argument(
        "--label-set", default="carla-0.9.14", metavar="NAME", help="ids to write (carla-0.9.14)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the dataset; return the exit code.

    Raises:
        ConfigError: a number is below 1, or no preset is called so.
        DatasetError: the folder already holds pictures, or cannot be written.
        LabelSetError: no label set is called so.
    """
    from unet_perception.dataset import DatasetInfo, write_info, write_pair
    from unet_perception.errors import ConfigError, DatasetError
    from unet_perception.labels import label_map, load_label_set
    from unet_perception.playback.street import Street, preset

    for name in ("frames", "every", "streets"):
        at_least(1, name, getattr(options, name))
    if options.streets > options.frames:
        raise ConfigError(
            f"streets is {options.streets}: it must be at most frames, which is {options.frames}"
        )
    conditions = preset(options.conditions) if options.conditions else None
    target = load_label_set(options.label_set)
    ids_of = label_map(load_label_set(Street.LABEL_SET), target)
    out: Path = options.out
    for folder in ("CameraRGB", "CameraMask"):
        if (out / folder).is_dir() and any((out / folder).iterdir()):
            raise DatasetError(
                f"{out / folder}: already holds pictures; name another folder or empty this one"
            )
    for turn in range(options.streets):
        street = Street(options.seed + turn, conditions=conditions)
        first, end = (options.frames * k // options.streets for k in (turn, turn + 1))
        for number in range(first, end):
            frame = street.frame((number - first) * options.every)
            write_pair(out, f"{number:06d}", frame.rgb, ids_of.apply(frame.ids))
    last = options.seed + options.streets - 1
    source = (
        f"built-in street, seed {options.seed}{f' to {last}' if options.streets > 1 else ''}, "
        f"each {options.every}. frame, conditions {options.conditions or 'all in turn'}"
    )
    write_info(out, DatasetInfo(label_set=target.name, source=source))
    print(f"{out}: {options.frames} pairs in label set {target.name}")
    return 0
