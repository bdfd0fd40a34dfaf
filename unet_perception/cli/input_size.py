# SPDX-License-Identifier: Apache-2.0
"""The network's input size as it is written on the command line."""

from __future__ import annotations

import argparse
import re

DEFAULT_SIZE = (96, 128)


def parse_size(text: str) -> tuple[int, int]:
    """Read ``ROWSxCOLUMNS``: ``"96x128"`` is ``(96, 128)``.

    Raises:
        argparse.ArgumentTypeError: The text is something else, or a side out of range.
    """
    from unet_perception.model.spec import MAX_INPUT_SIDE

    match = re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", text)
    sides = tuple(map(int, match.groups())) if match else ()
    if len(sides) != 2 or not all(1 <= side <= MAX_INPUT_SIDE for side in sides):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size; write ROWSxCOLUMNS, as 96x128, 1 to {MAX_INPUT_SIDE} each"
        )
    return sides[0], sides[1]


def add_size_option(
    parser: argparse.ArgumentParser, default: tuple[int, int] | None = DEFAULT_SIZE
) -> None:
    """Add ``--size``, which becomes ``options.size``: ``(rows, columns)``.

    Args:
        parser: What takes it.
        default: What it is if it is left out.
    """
    parser.add_argument(
        "--size",
        type=parse_size,
        default=default,
        metavar="ROWSxCOLUMNS",
        help="size of the network's input (default: 96x128)",
    )
