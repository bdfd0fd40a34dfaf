# SPDX-License-Identifier: Apache-2.0
"""``unet-perception bag``: masks for the pictures of a recorded bag."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import add_engine_options

if TYPE_CHECKING:
    from unet_perception.bags.segment import Done


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("bag", help="add masks to a rosbag2 or MCAP bag, without ROS")
    parser.add_argument("bag", type=Path, metavar="IN", help="rosbag2 folder, or an .mcap file")
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="new or empty folder: a bag with all messages of IN, and the masks",
    )
    parser.add_argument(
        "--topic",
        nargs="+",
        default=[],
        metavar="T",
        help="image topics to segment (all that show colours)",
    )
    parser.add_argument(
        "--model", default="carla_unet", help="bundle: a folder, or the name of a shipped one"
    )
    add_engine_options(parser)
    parser.add_argument(
        "--overlay", action="store_true", help="write the colours over the pictures as well"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the bag; return the exit code.

    Raises:
        UnetPerceptionError: The bag, a topic, the model or OUT is not as it must be.
    """
    from unet_perception.cli.progress import progress
    from unet_perception.errors import ConfigError
    from unet_perception.segmenter import open_segmenter

    try:
        from unet_perception.bags.segment import segment_bag
        from unet_perception.bags.source import BagSource
        from unet_perception.bags.topics import choose_topics
    except ImportError as error:
        raise ConfigError(
            f"bags are read with rosbags 0.11 or newer: pip install 'rosbags>=0.11' ({error})"
        ) from error

    with BagSource(options.bag) as source:
        choice = choose_topics(source, options.topic)
        segmenter = open_segmenter(options.model, options.engine, options.precision)
        try:
            with progress("bag") as watch:
                done = segment_bag(segmenter, source, choice, options.out, options.overlay, watch)
        finally:
            segmenter.close()
    print("\n".join([*choice.left_out, *_told(options.out, done)]))
    return 0


def _told(out: Path, done: Done) -> list[str]:
    lines = []
    for result in done.topics:
        topic = result.topic
        if result.unreadable:
            more = result.unreadable - len(result.named)
            named = "; ".join([*result.named, *([f"and {more} more"] if more else [])])
            lines.append(
                f"{topic.name}: {result.unreadable} pictures cannot be read and have no mask: "
                f"{named}"
            )
        lines.append(f"{topic.mask}: {result.masks} masks of {topic.name}")
    lines.extend(done.notes)
    lines.append(f"{out}: {done.messages} messages taken over")
    return lines
