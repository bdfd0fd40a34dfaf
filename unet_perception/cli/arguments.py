# SPDX-License-Identifier: Apache-2.0
"""Arguments that several verbs take."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

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


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--engine`` and ``--precision``, of what runs the network."""
    parser.add_argument(
        "--engine", default="auto", help="auto, tensorrt, cuda, openvino or pytorch (auto)"
    )
    parser.add_argument("--precision", default="auto", help="auto, fp32, fp16, bf16 or int8 (auto)")


def folder_or_street(value: str) -> Path | None:
    """Read a folder; ``make`` and scripts pass an empty value for the built-in street."""
    return Path(value) if value else None


def at_least(least: int, name: str, value: int) -> int:
    """Return a number that was given.

    Raises:
        ConfigError: It is below the least.
    """
    from unet_perception.errors import ConfigError

    if value < least:
        raise ConfigError(f"{name} is {value}; it must be {least} or more")
    return value
