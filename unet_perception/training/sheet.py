# SPDX-License-Identifier: Apache-2.0
"""The same few frames after each epoch: picture, truth and what the network makes of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unet_perception.errors import TrainingError
from unet_perception.files.atomic import replace_bytes
from unet_perception.imaging import colorize
from unet_perception.imaging.contact_sheet import contact_sheet
from unet_perception.training.augment import Augmentation
from unet_perception.training.batch import make_batch
from unet_perception.training.data import TrainingData
from unet_perception.training.examples import Examples
from unet_perception.training.recipe import Recipe
from unet_perception.training.validation import answer

FRAMES = 4
KINDS = ("picture", "truth", "network")


class SampleSheet:
    """Draws the sheet."""

    def __init__(self, recipe: Recipe, data: TrainingData, precision: str) -> None:
        """Choose frames from all over the validation data; without any, from the training data."""
        self._size, self._precision, self._targets = recipe.input_size, precision, data.targets
        self._palette = self._targets.label_set.palette.copy()
        sets = data.validation
        for part in sets:
            # A pixel that may be several classes is drawn as its own dataset draws it.
            for label in part.groups.source.classes:
                training_id = part.table[label.id]
                if self._targets.n_classes <= training_id < self._targets.n_ids:
                    self._palette[training_id] = label.color
        pools = [part.examples for part in sets] or [data.examples]
        self._frames: list[tuple[Examples, int]] = []
        for number, pool in enumerate(pools):
            count = FRAMES // len(pools) + (number < FRAMES % len(pools))
            places = np.linspace(0, len(pool) - 1, count + 2)[1:-1].round().astype(int)
            self._frames += [(pool, int(place)) for place in dict.fromkeys(places.tolist())]

    def draw(self, model: nn.Module) -> NDArray[np.uint8]:
        """Return the sheet for a network in evaluation mode, RGB."""
        device = next(model.parameters()).device
        samples = []
        for pool, index in self._frames:
            batch = make_batch(pool, [index], [0], 0, 0, self._size, Augmentation.none(), device)
            ids = answer(model, batch.images, self._precision).argmax(1)[0].to(torch.uint8)
            picture = batch.images[0].permute(1, 2, 0).mul(255).round().to(torch.uint8)
            samples.append(
                {
                    "picture": picture.cpu().numpy(),
                    "truth": colorize(batch.masks[0].cpu().numpy(), self._palette),
                    "network": colorize(ids.cpu().numpy(), self._palette),
                }
            )
        return contact_sheet(samples, KINDS, self._targets.label_set)


def write_sheet(path: Path, sheet: NDArray[np.uint8]) -> None:
    """Write a sheet as PNG.

    Raises:
        TrainingError: It cannot be written.
    """
    _, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, data.tobytes())
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error
