# SPDX-License-Identifier: Apache-2.0
"""``unet-perception summary``: the network's layers as a table."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from unet_perception.cli.input_size import add_size_option

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser("summary", help="print the U-Net's layers and parameters")
    parser.add_argument("--classes", type=int, default=23, help="output classes (default: 23)")
    parser.add_argument(
        "--filters", type=int, default=32, help="filters of the first block (default: 32)"
    )
    add_size_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table.

    Raises:
        ConfigError: A count is below 1.
    """
    import torch

    from unet_perception.model.summary import summarize
    from unet_perception.model.unet import UNet

    # Shapes without values: no memory is taken, whatever the counts.
    with torch.device("meta"):
        model = UNet(options.classes, options.filters)
    print(summarize(model, options.size))
    return 0
