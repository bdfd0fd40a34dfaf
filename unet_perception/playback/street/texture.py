# SPDX-License-Identifier: Apache-2.0
"""Pictures with a class: RGB plus the class id as fourth channel, in halving sizes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_SMALLEST = 6


@dataclass(frozen=True, eq=False)
class Level:
    """One size of a texture.

    Attributes:
        pixels: uint8 (h, w, 4), RGB and the class id.
        mask: uint8 (h, w), 255 where the picture is, or None where it is everywhere.
        lamps: uint8 (h, w), 255 where it shines at night, or None.
    """

    pixels: Pixels
    mask: Pixels | None
    lamps: Pixels | None


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture of class ``ids`` at full size, half, quarter and so on."""

    ids: int
    levels: tuple[Level, ...]

    def level(self, shrink: float) -> int:
        """The level to draw when one screen pixel covers ``shrink`` texels."""
        k = 0
        while shrink > 1.5 and k + 1 < len(self.levels):
            shrink /= 2.0
            k += 1
        return k


def texture(
    rgb: Pixels, ids: int, mask: Pixels | None = None, lamps: Pixels | None = None
) -> Texture:
    """Build a texture of an RGB picture ``(h, w, 3)``; ``mask`` and ``lamps`` are 0 or 255."""
    levels = []
    while True:
        pixels = np.empty((*rgb.shape[:2], 4), np.uint8)
        pixels[..., :3] = rgb
        pixels[..., 3] = ids
        cut = None if mask is None else np.where(mask >= 110, 255, 0).astype(np.uint8)
        shine = None if lamps is None else np.where(lamps >= 128, 255, 0).astype(np.uint8)
        levels.append(Level(pixels, cut, shine))
        height, width = rgb.shape[0] // 2, rgb.shape[1] // 2
        if min(height, width) < _SMALLEST:
            return Texture(ids, tuple(levels))
        size = (width, height)
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        if mask is not None:
            mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        if lamps is not None:
            lamps = cv2.resize(lamps, size, interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False
            )


def grain(
    rng: np.random.Generator, height: int, width: int, octaves: tuple[int, ...]
) -> NDArray[np.float32]:
    """Smooth noise of zero mean, each octave a lattice of that many pixels; about -1 to 1."""
    total = np.zeros((height, width), np.float32)
    for step in octaves:
        shape = (height // step + 2, width // step + 2)
        lattice = rng.standard_normal(shape).astype(np.float32)
        big = cv2.resize(lattice, (shape[1] * step, shape[0] * step), interpolation=cv2.INTER_CUBIC)
        total += big[:height, :width] / len(octaves) ** 0.5
    return total


def tinted(noise: NDArray[np.float32], color: tuple[float, float, float], amount: float) -> Pixels:
    """A picture of one colour whose brightness follows the noise."""
    rgb = np.array(color, np.float32) * (1.0 + amount * noise[..., None])
    return np.clip(rgb, 0, 255).astype(np.uint8)
