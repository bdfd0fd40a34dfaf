# SPDX-License-Identifier: Apache-2.0
"""``unet-perception train``: a model bundle from folders of pairs."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from unet_perception.training.recipe import Recipe

CHOICES_TEXT = {
    "epochs": "passes over the data",
    "batch_size": "pictures in one step",
    "learning_rate": "Adam's learning rate",
    "schedule": "constant or cosine",
    "shuffle_buffer": "pictures that the next one is drawn from",
    "height": "rows of the network's input",
    "width": "columns of the network's input",
    "n_filters": "filters of the first block",
    "precision": "fp32 or bf16",
    "augment": "none or light",
    "seed": "of weights, order, dropout and augmentation",
    "label_set": "classes of the network",
}


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser(
        "train", help="train a model on folders of CameraRGB/CameraMask pairs"
    )
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        required=True,
        metavar="DIR",
        help="dataset folder; give it several times to train on several. train.txt, where "
        "there is one, names what is trained on, val.txt what is scored after each epoch",
    )
    parser.add_argument("--out", type=Path, required=True, help="model bundle to write")
    for field in fields(Recipe):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"{CHOICES_TEXT[field.name]} ({field.default})",
        )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and save a bundle; return the exit code."""
    from unet_perception.labels import load_label_set
    from unet_perception.model.bundle import check_replaceable, save_bundle
    from unet_perception.model.spec import ModelSpec
    from unet_perception.training.loop import Epoch, train
    from unet_perception.training.pixels import default_split, join, read_pixels

    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    # Better now than after hours of training.
    check_replaceable(options.out)
    label_set = load_label_set(recipe.label_set)
    parts, validations = [], []
    for root in options.data:
        parts.append(read_pixels(root, default_split(root, "train"), label_set, recipe.input_size))
        validated = default_split(root, "val")
        if validated:
            validations.append(read_pixels(root, validated, label_set, recipe.input_size))
        print(
            f"{root}: {len(parts[-1])} pairs to train on, "
            f"{len(validations[-1]) if validated else 0} to validate on"
        )
    data = join(parts)
    started = time.perf_counter()
    last: list[Epoch] = []

    def on_epoch(epoch: Epoch) -> None:
        last[:] = [epoch]
        left = (time.perf_counter() - started) / epoch.number * (recipe.epochs - epoch.number)
        checked = epoch.validation
        scores = (
            f"   val accuracy {checked.accuracy:.4f}   val mIoU {checked.miou:.4f}"
            if checked
            else ""
        )
        print(
            f"epoch {epoch.number}/{recipe.epochs}   loss {epoch.loss:.4f}   "
            f"accuracy {epoch.accuracy:.4f}{scores}   "
            f"{len(data) / epoch.seconds:.1f} pictures/s   {left:.0f} s left",
            flush=True,
        )

    model = train(recipe, data, join(validations) if validations else None, on_epoch)
    seconds = time.perf_counter() - started
    training = {
        "data": [
            {"name": root.resolve().name, "pairs": len(part)}
            for root, part in zip(options.data, parts, strict=True)
        ],
        "data_sha256": data.fingerprint,
        "recipe": recipe.as_dict(),
        "seconds": round(seconds),
    }
    checked = last[0].validation
    scores = (
        {"val_miou_network": round(checked.miou, 4), "val_accuracy": round(checked.accuracy, 4)}
        if checked
        else {}
    )
    weights = {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}
    save_bundle(
        options.out,
        weights,
        ModelSpec(recipe.n_filters, recipe.input_size, label_set, training, scores),
    )
    print(f"{options.out}: written after {seconds:.0f} s of training")
    return 0
