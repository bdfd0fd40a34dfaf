# SPDX-License-Identifier: Apache-2.0
"""``unet-perception import-keras``: a model bundle from the same U-Net trained in Keras."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

from unet_perception.cli.arguments import add_size_option
from unet_perception.errors import WeightsError


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "import-keras", help="turn Keras weights of this U-Net into a model bundle"
    )
    parser.add_argument("file", type=Path, help="a .keras, .h5 or .weights.h5 file")
    parser.add_argument(
        "--label-set",
        required=True,
        help="meaning of the network's ids: a built-in label set's name or a YAML file",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="BUNDLE", help="folder of the new bundle"
    )
    add_size_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the bundle.

    Raises:
        WeightsError: The file is not of this U-Net, or has other classes than the label set.
        LabelSetError: The label set is unknown or wrong.
        BundleError: The bundle cannot be written.
    """
    from unet_perception.labels import load_label_set
    from unet_perception.model.bundle import save_bundle
    from unet_perception.model.keras_import import read_keras_weights, weight_counts
    from unet_perception.model.spec import ModelSpec

    label_set = load_label_set(options.label_set)
    weights = read_keras_weights(options.file)
    counts = weight_counts(weights)
    if counts.n_classes != label_set.n_classes:
        raise WeightsError(
            f"{options.file}: has {counts.n_classes} classes, but label set {label_set.name} "
            f"has {label_set.n_classes}; choose the label set that the network was trained on"
        )
    digest = hashlib.sha256(options.file.read_bytes()).hexdigest()
    training = {"imported_from": options.file.name, "imported_sha256": digest}
    spec = ModelSpec(counts.n_filters, options.size, label_set, training)
    # Somebody else's network: not a bit of it is ours to round.
    save_bundle(options.out, weights, spec, half=False)
    print(
        f"{options.out}: {counts.n_filters} filters, {counts.n_classes} classes "
        f"({label_set.name}), input {options.size[0]}x{options.size[1]}"
    )
    return 0
