# SPDX-License-Identifier: Apache-2.0
"""Textures in the light of the moment: shaded once for each distance and kept."""

from __future__ import annotations

import math
from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.light import Light
from unet_perception.playback.street.texture import Pixels, Texture

SUN_STEPS = 8  # how finely sunshine on a wall is told apart
_KEPT = 300
_WINDOW_LIGHT = np.array([255, 206, 128], np.float32)


def headlights(
    light: Light, ahead: NDArray[np.float32] | float, beam: float
) -> NDArray[np.float32]:
    """Light that the ego's headlights add at metres ahead; ``beam`` is `CameraModel.beam`."""
    return np.asarray(light.night * 0.85 * beam * np.exp(-np.asarray(ahead) / 16.0), np.float32)


class Shader:
    """Shaded textures; what is kept follows from its key, so order leaves no trace."""

    def __init__(self, beam: float) -> None:
        """Start with nothing kept, for a camera with such a `CameraModel.beam`."""
        self._beam = beam
        self._light: Light | None = None
        self._tables: dict[tuple[int, int], tuple[Pixels, Pixels]] = {}
        self._kept: OrderedDict[tuple[int, int, int, int], tuple[Texture, Pixels]] = OrderedDict()

    def begin(self, light: Light) -> None:
        """Set the light of a frame; another one than before starts afresh."""
        if light is not self._light:
            self._light = light
            self._tables.clear()
            self._kept.clear()

    def shade(self, texture: Texture, level: int, sunlit: int, ahead: float) -> Pixels:
        """A level of a texture (h, w, 4) at metres ahead; ``sunlit`` is 0 to `SUN_STEPS`.

        Distances are told apart in steps of about a fifth; class ids stay as they are.
        """
        step = round(4.0 * math.log2(1.0 + ahead))
        name = (id(texture), level, sunlit, step)
        found = self._kept.get(name)
        if found is not None:
            self._kept.move_to_end(name)
            return found[1]
        plain, lamps = self._table(sunlit, step)
        source = texture.levels[level]
        pixels = np.asarray(cv2.LUT(source.pixels, plain), np.uint8)
        if source.lamps is not None and self._light is not None and self._light.night > 0.1:
            cv2.copyTo(cv2.LUT(source.pixels, lamps), source.lamps, pixels)
        # The texture is kept with its picture so that its id() is not given to another one.
        self._kept[name] = (texture, pixels)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return pixels

    def _table(self, sunlit: int, step: int) -> tuple[Pixels, Pixels]:
        """Look-up tables (256, 1, 4) for walls and for windows that may be lit."""
        name = (sunlit, step)
        if name not in self._tables:
            light = self._light
            if light is None:
                raise RuntimeError("begin() comes before shade()")
            ahead = 2.0 ** (step / 4.0) - 1.0
            lit = (
                light.ambient
                + light.sun * (sunlit / SUN_STEPS)
                + headlights(light, ahead, self._beam)
            )
            clear = float(np.exp(-light.haze * ahead))
            veil = light.haze_color * (1 - clear)
            steps = np.arange(256, dtype=np.float32)[:, None]
            plain = np.empty((256, 1, 4), np.uint8)
            plain[:, 0, 3] = np.arange(256)
            plain[:, 0, :3] = np.clip(steps * lit * clear + veil, 0, 255)
            lamps = plain.copy()
            glow = _WINDOW_LIGHT * light.night * clear * (0.35 + 0.012 * steps) + veil
            lamps[:, 0, :3] = np.maximum(plain[:, 0, :3], np.clip(glow, 0, 255).astype(np.uint8))
            self._tables[name] = (plain, lamps)
        return self._tables[name]
