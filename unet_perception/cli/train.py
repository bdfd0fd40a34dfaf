# SPDX-License-Identifier: Apache-2.0
"""``unet-perception train``: a model bundle from folders of pairs."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.training.recipe import Recipe

if TYPE_CHECKING:
    from unet_perception.labels import LabelSet
    from unet_perception.training.loop import Epoch, Trained
    from unet_perception.training.pixels import Pixels

OPTION_TEXTS = {
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
    "keep": "last epoch, or best by mIoU on val.txt",
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
        help="dataset folder; give it several times to train on several",
    )
    parser.add_argument("--out", type=Path, required=True, help="model bundle to write")
    parser.add_argument(
        "--split",
        default="auto",
        help="auto trains on train.txt, or without one on all but val.txt, and scores val.txt "
        "after each epoch; all trains on every pair; else the name of a list to train on (auto)",
    )
    for field in fields(Recipe):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"{OPTION_TEXTS[field.name]} ({field.default})",
        )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and save a bundle; return the exit code."""
    from unet_perception.labels import load_label_set
    from unet_perception.model.bundle import check_replaceable, save_bundle
    from unet_perception.model.spec import ModelSpec
    from unet_perception.training.loop import train
    from unet_perception.training.pixels import join

    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    # Better now than after hours of training.
    check_replaceable(options.out)
    label_set = load_label_set(recipe.label_set)
    read = [_read(root, options.split, label_set, recipe.input_size) for root in options.data]
    parts = [part for part, _ in read]
    data, held_out = join(parts), [part for _, part in read if part is not None]
    started = time.perf_counter()

    def on_epoch(epoch: Epoch) -> None:
        left = (time.perf_counter() - started) / epoch.number * (recipe.epochs - epoch.number)
        print(_line(epoch, recipe.epochs, len(data), left), flush=True)

    trained = train(recipe, data, join(held_out) if held_out else None, on_epoch)
    seconds = time.perf_counter() - started
    facts = {
        "data": [
            {"name": root.resolve().name, "pairs": len(part)}
            for root, part in zip(options.data, parts, strict=True)
        ],
        "data_sha256": data.fingerprint,
        # A label set may be given as a file, and a path says nothing on another machine.
        "recipe": {**recipe.as_dict(), "label_set": label_set.name},
        "seconds": round(seconds),
        "epoch": trained.kept.number,
    }
    weights = {name: tensor.cpu().numpy() for name, tensor in trained.model.state_dict().items()}
    spec = ModelSpec(recipe.n_filters, recipe.input_size, label_set, facts, _scores(trained))
    save_bundle(options.out, weights, spec)
    print(f"{options.out}: epoch {trained.kept.number}, written after {seconds:.0f} s of training")
    return 0


def _read(
    root: Path, split: str, label_set: LabelSet, size: tuple[int, int]
) -> tuple[Pixels, Pixels | None]:
    """Return a dataset's pixels to train on and to validate on, and tell the user."""
    from unet_perception.dataset import MaskReader
    from unet_perception.training.pixels import read_pixels
    from unet_perception.training.splits import training_pairs

    chosen, held_out = training_pairs(root, split)
    masks_of = MaskReader(root, label_set)
    print(f"{root}: {len(chosen)} pairs to train on, {len(held_out)} to validate on")
    if masks_of.description:
        print(f"  {masks_of.description}")
    part = read_pixels(masks_of, chosen, size)
    return part, read_pixels(masks_of, held_out, size) if held_out else None


def _line(epoch: Epoch, epochs: int, pictures: int, left: float) -> str:
    checked = epoch.validation
    scores = (
        f"   val accuracy {checked.accuracy:.4f}   val mIoU {checked.miou:.4f}" if checked else ""
    )
    return (
        f"epoch {epoch.number}/{epochs}   loss {epoch.loss:.4f}   accuracy {epoch.accuracy:.4f}"
        f"{scores}   {pictures / epoch.seconds:.1f} pictures/s   {left:.0f} s left"
    )


def _scores(trained: Trained) -> dict[str, float]:
    checked = trained.kept.validation
    # Where no validation pixel has a label there is no score.
    if checked is None or not checked.iou:
        return {}
    return {"val_miou_network": round(checked.miou, 4), "val_accuracy": round(checked.accuracy, 4)}
