# SPDX-License-Identifier: Apache-2.0
"""What lies between the scene and the picture: wet reflections, rain, sensor grain."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.hashing import generator, unit
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.texture import Pixels

_MIRRORS = (classes.ROADS, classes.SIDEWALKS, classes.ROAD_LINES)
_PUDDLE_TEXELS = 8  # a metre
_PUDDLE_PERIOD = 256


def _puddles(camera: CameraModel) -> tuple[NDArray[np.float32], tuple[NDArray[Any], NDArray[Any]]]:
    """How deep water stands, a picture that repeats, and the maps that lay it on the ground."""
    rng = generator(10)
    fine = rng.standard_normal((_PUDDLE_PERIOD, _PUDDLE_PERIOD)).astype(np.float32)
    total = np.zeros_like(fine)
    for size, share in ((36, 0.30), (15, 0.16), (5, 0.05)):
        wide = cv2.copyMakeBorder(fine, 96, 96, 96, 96, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wide, (0, 0), size / 2.0)[96:-96, 96:-96]
        total += share * soft / soft.std()
    twice = np.concatenate([total, total, total[:2]])
    twice = np.concatenate([twice, twice[:, :2]], axis=1)
    top, (cu, cv) = camera.horizon_row, camera.center
    rows = np.arange(top, camera.height, 2, dtype=np.float32) + 0.5
    ahead = camera.focal * camera.elevation / np.maximum(rows - cv, 1.0)
    columns = (np.arange(0, camera.width, 2, dtype=np.float32) + 0.5 - cu) / camera.focal
    across, along = camera.from_ahead(columns[None, :] * ahead[:, None], ahead[:, None])
    across = (across * _PUDDLE_TEXELS) % _PUDDLE_PERIOD
    along = (along * _PUDDLE_TEXELS) % _PUDDLE_PERIOD
    maps = cv2.convertMaps(across.astype(np.float32), along.astype(np.float32), cv2.CV_16SC2)
    return twice, (maps[0], maps[1])


class Weather:
    """The last strokes of one camera; they change colours only."""

    def __init__(self, camera: CameraModel) -> None:
        """Prepare grain, rain and puddles for a camera."""
        self._camera = camera
        height, width = camera.height, camera.width
        rng = generator(9)
        self._grain: Pixels = np.clip(
            7 + 2.2 * rng.standard_normal((height + 64, width + 64, 3)), 0, 14
        ).astype(np.uint8)
        self._mean: Pixels = np.full((height, width, 3), 7, np.uint8)
        self._streaks = self._rain(rng, height + 96, width + 96)
        top = camera.horizon_row
        self._puddles, self._maps = _puddles(camera)
        rows = np.arange(height - top, dtype=np.float32)[:, None] / (height - top)
        # Water mirrors more the flatter it is looked at.
        self._slant: NDArray[np.float32] = (0.85 - 0.55 * rows).astype(np.float32)
        self._is_mirror: NDArray[np.float32] = np.zeros(256, np.float32)
        self._is_mirror[list(_MIRRORS)] = 1.0

    @staticmethod
    def _rain(rng: np.random.Generator, height: int, width: int) -> Pixels:
        streaks = np.zeros((height, width), np.uint8)
        for _ in range(int(height * width / 700)):
            x, y = int(rng.integers(width)), int(rng.integers(height))
            length, lean = int(10 + 26 * rng.random()), int(rng.integers(-3, 2))
            cv2.line(streaks, (x, y), (x + lean, y + length), int(rng.integers(14, 52)), 1)
        soft = cv2.blur(streaks, (2, 5))
        return np.repeat(soft[..., None], 3, axis=2)

    def apply(
        self, rgb: Pixels, ids: Pixels, light: Light, s: float, key: tuple[int, int]
    ) -> Pixels:
        """The finished picture of a frame at arclength s; ``key`` is seed and index."""
        if light.wet > 0.02:
            self._reflect(rgb, ids, light, s)
        height, width = rgb.shape[:2]
        if light.rain > 0.02:
            x, y = int(96 * unit(*key, 1)), int(96 * unit(*key, 2))
            drops = self._streaks[y : y + height, x : x + width]
            gain = light.rain * (1.0 - 0.55 * light.night)
            rgb = cv2.add(rgb, cv2.convertScaleAbs(drops, alpha=gain)).astype(np.uint8, copy=False)
        x, y = int(64 * unit(*key, 3)), int(64 * unit(*key, 4))
        noise = self._grain[y : y + height, x : x + width]
        # Add, then take the mean off again: both saturate, neither wraps.
        return np.asarray(cv2.subtract(cv2.add(rgb, noise), self._mean), np.uint8)

    def _reflect(self, rgb: Pixels, ids: Pixels, light: Light, s: float) -> None:
        """Mirror what is above the horizon in the wet ground."""
        top = self._camera.horizon_row
        below = rgb[top:]
        rows = min(top, below.shape[0])
        above = rgb[top - rows : top][::-1]
        size = (max(1, above.shape[1] // 3), max(1, rows // 8))
        small = cv2.resize(above, size, interpolation=cv2.INTER_AREA)
        small = cv2.blur(small, (1, 3))
        image = cv2.resize(small, (above.shape[1], rows), interpolation=cv2.INTER_LINEAR)
        shift = int(s * _PUDDLE_TEXELS) % _PUDDLE_PERIOD
        part = self._puddles[shift : shift + _PUDDLE_PERIOD + 1]
        depth = cv2.remap(part, *self._maps, cv2.INTER_LINEAR)
        depth = cv2.resize(depth, (below.shape[1], below.shape[0]), interpolation=cv2.INTER_LINEAR)
        water = np.clip(depth + 1.1 * light.wet - 0.75, 0.12 * light.wet, 1.0)
        mirror = np.asarray(cv2.LUT(ids[top : top + rows], self._is_mirror), np.float32)
        weight = (water * self._slant)[:rows] * mirror
        mixed = cv2.blendLinear(image, below[:rows], weight, 1.0 - weight)
        below[:rows] = mixed
