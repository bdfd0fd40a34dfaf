# SPDX-License-Identifier: Apache-2.0
"""Some frames of many, and figures of them with the classes' colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging.contact_sheet import BACKGROUND, TILE, contact_sheet
from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]
Sample = dict[str, Picture]

TRIPLET = ("Input Image", "True Mask", "Predicted Mask")
"""Titles of the figures that the classic notebook shows."""

KINDS = ("picture", "overlay", "mask")
TEXT = (240, 240, 240)


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
        count = min(self._count, len(self._kept))
        return [self._kept[(2 * i + 1) * len(self._kept) // (2 * count)] for i in range(count)]


def sheet_sample(name: str, picture: Picture, overlay: Picture, mask: Picture) -> Sample:
    """Return a frame's three pictures as tiles of a contact sheet."""
    tiles = dict(zip(KINDS, map(tile, (picture, overlay, mask)), strict=True))
    _caption(tiles["picture"], name)
    return tiles


def draw_sheet(samples: list[Sample], label_set: LabelSet) -> Picture:
    """Return frames in rows; RGB uint8."""
    return contact_sheet(samples, KINDS, label_set)


def draw_triplet(
    picture: Picture, truth: Picture, prediction: Picture, label_set: LabelSet
) -> Picture:
    """Return picture, true and predicted colours side by side; RGB uint8."""
    tiles = map(tile, (picture, truth, prediction))
    return contact_sheet([dict(zip(TRIPLET, tiles, strict=True))], TRIPLET, label_set)


def tile(picture: Picture) -> Picture:
    """Fit a picture into a tile of a contact sheet without stretching it."""
    rows, columns = TILE
    height, width = picture.shape[:2]
    scale = min(rows / height, columns / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    small = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    above, left = (rows - size[1]) // 2, (columns - size[0]) // 2
    fitted = np.full((rows, columns, 3), BACKGROUND, np.uint8)
    fitted[above : above + size[1], left : left + size[0]] = small
    return fitted


def _caption(picture: Picture, name: str) -> None:
    # OpenCV's letters are ASCII.
    text = name.encode("ascii", "replace").decode("ascii")
    at = (8, picture.shape[0] - 10)
    for color, thickness in (((0, 0, 0), 3), (TEXT, 1)):
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, thickness, cv2.LINE_AA)
