# SPDX-License-Identifier: Apache-2.0
"""What lies between the scene and the picture: wet reflections, rain, sensor grain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.hashing import generator, unit
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.texture import Pixels, grain

_MIRRORS = (classes.ROADS, classes.SIDEWALKS, classes.ROAD_LINES)


class Weather:
    """The last strokes of one camera; they change colours only."""

    def __init__(self, camera: CameraModel) -> None:
        self._camera = camera
        height, width = camera.height, camera.width
        rng = generator(9)
        self._grain: Pixels = np.clip(
            7 + 2.2 * rng.standard_normal((height + 64, width + 64, 3)), 0, 14
        ).astype(np.uint8)
        self._streaks = self._rain(rng, height + 96, width + 96)
        top = camera.horizon_row
        rows = np.arange(height - top, dtype=np.float32)[:, None] / (height - top)
        noise = grain(rng, height - top, width, (24, 60, 140))
        # A puddle lies flat: stretch the noise across and let it fade towards the lens.
        self._gloss: NDArray[np.float32] = (
            np.clip(0.62 - 0.55 * rows, 0.08, 0.62) * np.clip(0.8 + 0.45 * noise, 0.15, 1.3)
        ).astype(np.float32)
        self._is_mirror = np.zeros(256, np.float32)
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

    def apply(self, rgb: Pixels, ids: Pixels, light: Light, key: tuple[int, int]) -> Pixels:
        """The finished picture of a frame; ``key`` is seed and index."""
        if light.wet > 0.02:
            self._reflect(rgb, ids, light)
        height, width = rgb.shape[:2]
        if light.rain > 0.02:
            x, y = int(96 * unit(*key, 1)), int(96 * unit(*key, 2))
            drops = self._streaks[y : y + height, x : x + width]
            gain = light.rain * (1.0 - 0.55 * light.night)
            rgb = cv2.add(rgb, cv2.convertScaleAbs(drops, alpha=gain)).astype(np.uint8, copy=False)
        x, y = int(64 * unit(*key, 3)), int(64 * unit(*key, 4))
        noise = self._grain[y : y + height, x : x + width]
        # Add, then take the mean off again: both saturate, neither wraps.
        noisy = cv2.add(rgb, noise)
        return np.asarray(cv2.subtract(noisy, (7.0, 7.0, 7.0, 0.0)), np.uint8)

    def _reflect(self, rgb: Pixels, ids: Pixels, light: Light) -> None:
        """Mirror what is above the horizon in the wet ground."""
        top = self._camera.horizon_row
        below = rgb[top:]
        rows = min(top, below.shape[0])
        above = rgb[top - rows : top][::-1]
        size = (max(1, above.shape[1] // 4), max(1, rows // 8))
        small = cv2.resize(above, size, interpolation=cv2.INTER_AREA)
        small = cv2.blur(small, (3, 5))
        image = cv2.resize(small, (above.shape[1], rows), interpolation=cv2.INTER_LINEAR)
        weight = self._gloss[:rows] * self._is_mirror[ids[top : top + rows]] * min(1.0, light.wet)
        mixed = cv2.blendLinear(image, below[:rows], weight, 1.0 - weight)
        below[:rows] = mixed
