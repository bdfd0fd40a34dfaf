# SPDX-License-Identifier: Apache-2.0
"""The ego vehicle's bonnet at the lower edge of the picture."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.texture import Pixels

_CLASS = classes.CAR
_INSIDE = 1.5  # metres from the ego's middle within which a lens is in it, behind the bonnet
_WIDEST = 45.0  # degrees of yaw


def bonnet_in_sight(camera: CameraModel) -> bool:
    """Whether a camera sees the bonnet."""
    return abs(camera.forward) < _INSIDE and abs(camera.yaw) < _WIDEST


class Bonnet:
    """A dark, slightly domed bonnet that mirrors a little of the sky."""

    def __init__(self, camera: CameraModel) -> None:
        """Shape the bonnet for a camera."""
        height, width = camera.height, camera.width
        # The bonnet stays with the car: the camera's yaw and pitch move it in the picture.
        aside = 2.0 * camera.focal / width * math.tan(math.radians(camera.yaw))
        x = np.linspace(-1.0, 1.0, width) + aside
        dome = 0.853 + 0.016 * x**2 + 0.035 * np.clip((np.abs(x) - 0.62) / 0.38, 0, 1) ** 2
        rise = camera.focal * math.tan(math.radians(camera.pitch))
        dome = dome + 0.8 * np.clip(np.abs(x) - 1.0, 0, None)
        crest = (dome * height + rise).astype(np.int32)
        self._top = min(int(crest.min()), height)
        rows = np.arange(self._top, height)[:, None]
        self._mask: Pixels = np.where(rows >= crest[None, :], 255, 0).astype(np.uint8)
        deep = np.clip((rows - crest[None, :]) / (height * 0.15), 0, 1).astype(np.float32)
        sheen = 0.30 * np.exp(-(((deep - 0.10) / 0.06) ** 2)) + 0.10 * np.exp(-deep / 0.25)
        ridge = 0.05 * np.exp(-(((np.abs(x) - 0.5 - 0.25 * deep) / 0.02) ** 2))
        vents = (deep > 0.78) & (np.abs(x) < 0.86)
        self._sheen: NDArray[np.float32] = (sheen + ridge).astype(np.float32)
        self._sheen[vents] = 0.0
        self._made: tuple[Light, Pixels] | None = None

    def paint(self, canvas: Pixels, light: Light) -> None:
        """Lay the bonnet over the canvas (H, W, 4)."""
        if not len(self._mask):
            return
        if self._made is None or self._made[0] is not light:
            picture = np.empty((*self._mask.shape, 4), np.uint8)
            base = np.array([16, 17, 19], np.float32) * light.ambient * 1.6
            color = base + self._sheen[..., None] * light.horizon_color
            picture[..., :3] = np.clip(color, 0, 255)
            picture[..., 3] = _CLASS
            self._made = (light, picture)
        cv2.copyTo(self._made[1], self._mask, canvas[self._top :])
