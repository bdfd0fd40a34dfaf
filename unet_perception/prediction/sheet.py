# SPDX-License-Identifier: Apache-2.0
"""Some frames of many, and figures of them with the classes' colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.samples import spread
from unet_perception.imaging.contact_sheet import caption, contact_sheet, fitted
from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]
Sample = dict[str, Picture]

TRIPLET = ("Input Image", "True Mask", "Predicted Mask")
"""Titles of the figures that the classic notebook shows."""

KINDS = ("picture", "overlay", "mask")


class Spread:
    """Keeps frames that are evenly spread over a sequence of unknown length."""

    def __init__(self, count: int) -> None:
        """Keep ``count`` to ``4 * count`` frames, 1 or more."""
        self._count = count
        self._step = 1
        self._seen = 0
        self._kept: list[Sample] = []

    @property
    def wants(self) -> bool:
        """Whether the next frame is to be kept, as far as one can know yet."""
        return self._seen % self._step == 0

    def add(self, sample: Sample | None) -> None:
        """Go on by one frame, with its pictures if it was wanted."""
        if sample is not None and self.wants:
            self._kept.append(sample)
        self._seen += 1
        if len(self._kept) > 4 * self._count:
            self._kept = self._kept[::2]
            self._step *= 2

    def samples(self) -> list[Sample]:
        """Return ``count`` frames, or all where there are fewer."""
        return spread(self._kept, self._count)


def sheet_sample(name: str, picture: Picture, overlay: Picture, mask: Picture) -> Sample:
    """Return a frame's three pictures as tiles of a contact sheet."""
    tiles = dict(zip(KINDS, map(fitted, (picture, overlay, mask)), strict=True))
    caption(tiles["picture"], name)
    return tiles


def draw_triplet(
    picture: Picture, truth: Picture, prediction: Picture, label_set: LabelSet
) -> Picture:
    """Return picture, true and predicted colours side by side; RGB uint8."""
    tiles = map(fitted, (picture, truth, prediction))
    return contact_sheet([dict(zip(TRIPLET, tiles, strict=True))], TRIPLET, label_set)
