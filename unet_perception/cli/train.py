# SPDX-License-Identifier: Apache-2.0
"""``unet-perception train``: a model bundle from folders of pairs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unet_perception.training.data import TrainingData
    from unet_perception.training.distributed import World
    from unet_perception.training.history import Epoch
    from unet_perception.training.progress import Report
    from unet_perception.training.recipe import Recipe

DIRECT = {
    "epochs": (int, "passes over the data"),
    "batch_size": (int, "pictures in one step, over all processes"),
    "learning_rate": (float, "at its highest"),
    "schedule": (str, "constant or cosine"),
    "height": (int, "rows of the network's input"),
    "width": (int, "columns of the network's input"),
    "n_filters": (int, "filters of the first block"),
    "precision": (str, "auto, fp32, bf16 or fp16"),
    "keep": (str, "last epoch, or best by mIoU on the validation pictures"),
    "patience": (int, "stop after so many epochs without a better one; 0 never does"),
    "seed": (int, "of weights, order, dropout and augmentation"),
    "label_set": (str, "classes of the network, by name or YAML file"),
    "init": (str, "model bundle to start from"),
}
"""Keys of a recipe that have an option of their own."""

PRESETS = "config/training.yaml"


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser(
        "train", help="train a model on folders of CameraRGB/CameraMask pairs"
    )
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="DIR[,KEY=VALUE...]",
        help="dataset folder; give it several times to train on several. labels=NAME: label set "
        "of its masks; weight=2: each pair twice in an epoch; split=LIST: pairs to train on; "
        "hold_out=0.1: validate on the last tenth",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="model bundle to write; OUT.training goes beside it"
    )
    parser.add_argument(
        "--split",
        help="of folders that name none: auto trains on train.txt, or without one on all but "
        "val.txt, and scores val.txt after each epoch; all trains on every pair; else the name "
        "of a list to train on (auto)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument(
        "--tensorboard", action="store_true", help="write TensorBoard's files as well"
    )
    recipe = parser.add_argument_group("recipe; what comes later here counts more")
    recipe.add_argument("--preset", default="", help=f"a recipe of {PRESETS} (default)")
    recipe.add_argument("--config", type=Path, metavar="FILE", help="YAML with a recipe's keys")
    recipe.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one key of the recipe, as augment.rain=0.3; can be given several times",
    )
    for key, (kind, text) in DIRECT.items():
        recipe.add_argument(f"--{key.replace('_', '-')}", type=kind, help=text)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and save a bundle; return the exit code: 130 when told to stop before.

    Raises:
        UnetPerceptionError: An option, the data or a checkpoint is wrong, or training failed.
    """
    from unet_perception.training.distributed import open_world

    with open_world() as world:
        return _train(options, world)


def _train(options: argparse.Namespace, world: World) -> int:
    from contextlib import nullcontext
    from dataclasses import replace

    from rich.console import Console

    from unet_perception.cli.progress import progress
    from unet_perception.dataset.parallel import unwatched
    from unet_perception.dataset.sources import parse_source
    from unet_perception.labels import load_label_set
    from unet_perception.model.bundle import check_replaceable
    from unet_perception.training.data import load_data
    from unet_perception.training.export import export
    from unet_perception.training.interrupts import StoppedError, interrupts
    from unet_perception.training.loop import train
    from unet_perception.training.presets import load_recipe, parse_overrides
    from unet_perception.training.progress import Display

    given = {key: getattr(options, key) for key in DIRECT if getattr(options, key) is not None}
    recipe = load_recipe(options.preset, options.config, {**parse_overrides(options.set), **given})
    sources = [parse_source(text) for text in options.data]
    if options.split is not None:
        sources = [
            source if "split=" in text else replace(source, split=options.split)
            for source, text in zip(sources, options.data, strict=True)
        ]
    folder = training_folder(options.out)
    # Better now than after hours of training.
    check_replaceable(options.out)
    _check_folder(folder, options.resume)
    _check_writable(folder)
    _check_writable(options.out.absolute().parent)
    console = Console(quiet=not world.speaks)
    display = Display(console, recipe.epochs)
    label_set = load_label_set(recipe.label_set)
    with progress("reading") if world.speaks else nullcontext(unwatched) as on_progress:
        data = load_data(sources, label_set, display.say, on_progress)
    if world.speaks:
        display.add(_reporter(options, recipe, data, folder, world))
    with interrupts() as stop, display:
        try:
            trained = train(
                recipe,
                data,
                folder,
                resume=options.resume,
                world=world,
                watch=display,
                stop=stop,
            )
        except StoppedError as stopped:
            display.say(f"{options.out}: {stopped}")
            return 130
    if world.speaks:
        export(options.out, trained, recipe, data, sources, world.size)
        display.say(
            f"{options.out}: epoch {trained.kept.number}, written after {trained.seconds:.0f} s "
            "of training"
        )
    return 0


def training_folder(out: Path) -> Path:
    """Return where checkpoints and samples of a bundle's training lie."""
    return out.with_name(f"{out.name}.training")


def _check_folder(folder: Path, resume: bool) -> None:
    from unet_perception.errors import ConfigError
    from unet_perception.training.checkpoint import LAST

    if not resume and (folder / LAST).exists():
        raise ConfigError(
            f"{folder}: has the checkpoint of an earlier run; go on with it (--resume), or remove "
            "the folder"
        )


def _check_writable(folder: Path) -> None:
    import os

    from unet_perception.errors import ConfigError

    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: cannot be written: {there} is read-only")


def _reporter(
    options: argparse.Namespace, recipe: Recipe, data: TrainingData, folder: Path, world: World
) -> Report:
    """Return what is done after each epoch besides its line."""
    from unet_perception.training.board import Board
    from unet_perception.training.precision import choose_precision
    from unet_perception.training.sheet import SampleSheet, write_sheet

    board = Board(folder / "tensorboard") if options.tensorboard else None
    sheet = SampleSheet(recipe, data, choose_precision(recipe.precision, world.device))

    def report(epoch: Epoch, best: Epoch, model: Any) -> None:
        drawn: NDArray[np.uint8] = sheet.draw(model)
        write_sheet(folder / f"epoch_{epoch.number:03d}.png", drawn)
        if board:
            board.write(epoch, drawn)

    return report
