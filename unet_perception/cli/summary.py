# SPDX-License-Identifier: Apache-2.0
"""``unet-perception summary``: the network's layers as a table."""

from __future__ import annotations

import argparse
from typing import Any

from unet_perception.cli.arguments import DEFAULT_SIZE, add_size_option
from unet_perception.errors import ConfigError

COUNTS = {"classes": 23, "filters": 32, "size": DEFAULT_SIZE}
"""The network that is shown unless another is asked for."""


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "summary", help="print the U-Net's layers and parameters, and where a model comes from"
    )
    parser.add_argument(
        "--model", metavar="NAME", help="a shipped model, or the folder of a bundle"
    )
    parser.add_argument("--classes", type=int, help="output classes (default: 23)")
    parser.add_argument("--filters", type=int, help="filters of the first block (default: 32)")
    add_size_option(parser, default=None)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table.

    Raises:
        BundleError: The model is missing or damaged.
        ConfigError: A count is below 1, or was given beside a model, which has its own.
    """
    given = {name: getattr(options, name) for name in COUNTS}
    given = {name: value for name, value in given.items() if value is not None}
    if options.model is None:
        _print_layers("unet", **{**COUNTS, **given})
        return 0
    if given:
        raise ConfigError(f"--{next(iter(given))} was given, but --model has its own; leave it out")
    from unet_perception.model.bundle import load_bundle
    from unet_perception.model.origin import origin
    from unet_perception.segmenter import find_model

    bundle = load_bundle(find_model(options.model))
    spec = bundle.spec
    print(f"{bundle.path}: {origin(bundle)}")
    print(f"sha256 of the network  {bundle.sha256}")
    print(f"sha256 of the bundle   {bundle.checksum}")
    print(f"label set {spec.label_set.name}\n")
    _print_layers(spec.architecture, spec.n_classes, spec.n_filters, spec.input_size)
    return 0


def _print_layers(architecture: str, classes: int, filters: int, size: tuple[int, int]) -> None:
    from unet_perception.model.summary import summarize_counts

    print(summarize_counts(architecture, classes, filters, size))
