# SPDX-License-Identifier: Apache-2.0
"""The shine around street lamps at night."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.scene import Scene
from unet_perception.playback.street.texture import Pixels

_SIGHT = 140.0
_WARM = np.array([255.0, 205.0, 130.0], np.float32)


class Glow:
    """The shine painter of one camera."""

    def __init__(self, camera: CameraModel) -> None:
        """Prepare the shine for a camera."""
        self._camera = camera
        grid = (np.arange(65, dtype=np.float32) - 32.0) / 32.0
        far = np.hypot(grid[:, None], grid[None, :])
        self._disc: NDArray[np.float32] = (
            0.75 * np.exp(-((far / 0.16) ** 2)) + 0.30 * np.clip(1 - far, 0, 1) ** 2
        ).astype(np.float32)

    def paint(self, canvas: Pixels, scene: Scene, light: Light) -> None:
        """Add a shine to the canvas (H, W, 4) around each lamp that is in sight."""
        if light.night < 0.05:
            return
        height, width = canvas.shape[:2]
        lit = self._disc[..., None] * (_WARM * light.night)
        # Nothing is added to the fourth channel, which holds the class ids.
        shine = np.concatenate([lit, np.zeros_like(lit[..., :1])], axis=2)
        shine = np.clip(shine, 0, 255).astype(np.uint8)
        for seen in scene.chunks:
            points = seen.view.view(seen.chunk.lamps)
            pixels = self._camera.project(points)
            for (u, v), ahead in zip(pixels.tolist(), points[:, 2].tolist(), strict=True):
                x, y = int(u), int(v)
                if not (1.0 < ahead < _SIGHT and 0 <= x < width and 0 <= y < height):
                    continue
                if classes.POLES not in canvas[max(0, y - 2) : y + 3, x, 3]:
                    continue  # something stands before the lamp
                radius = int(min(90.0, max(4.0, 1.5 * self._camera.focal / ahead)))
                x0, y0, x1, y1 = x - radius, y - radius, x + radius + 1, y + radius + 1
                sized = cv2.resize(shine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
                left, top = max(0, -x0), max(0, -y0)
                area = canvas[y0 + top : min(y1, height), x0 + left : min(x1, width)]
                part = sized[top : top + area.shape[0], left : left + area.shape[1]]
                cv2.add(area, part, dst=area)
