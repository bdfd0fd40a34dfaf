# SPDX-License-Identifier: Apache-2.0
"""The sky with clouds and sun, and the far skyline in front of it."""

from __future__ import annotations

import math
from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.conditions import Conditions
from unet_perception.playback.street.hashing import generator
from unet_perception.playback.street.light import SUN_AZIMUTH, Light
from unet_perception.playback.street.texture import Pixels, grain

# The road's heading stays within this many radians, so no wider panorama is ever seen.
_SWING = 0.66
_FAR = 260.0
_KEPT = 3
_SUN_REACH = 1.9  # radians from the middle of the panorama beyond which the sun leaves no trace


class Sky:
    """The background painter of one camera and seed."""

    def __init__(self, seed: int, camera: CameraModel) -> None:
        """Lay out a seed's skyline and clouds for a camera."""
        self._camera = camera
        rows = camera.horizon_row + 1
        self._shape = (rows, camera.width + 2 * int(_SWING * camera.focal) + 2)
        self._ids, self._tone = self._skyline(seed)
        rng = self._rng(seed, 6)
        self._clouds = self._billows(rng)
        stars = rng.random(self._shape).astype(np.float32)
        self._stars: NDArray[np.float32] = np.where(stars > 0.9993, 150.0, 0.0).astype(np.float32)
        self._made: OrderedDict[Conditions, Pixels] = OrderedDict()

    def _rng(self, seed: int, kind: int) -> np.random.Generator:
        """The panorama reaches as far as the road swings; each other direction has its own."""
        yaw = round(self._camera.yaw)
        return generator(seed, kind, yaw) if yaw else generator(seed, kind)

    def _billows(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Cloud thickness: noise of all sizes, the larger the stronger, drawn out sideways."""
        rows, width = self._shape
        unit = self._camera.focal / 400.0
        total = np.zeros((rows, width), np.float32)
        for size, share in ((190, 1.0), (90, 0.62), (42, 0.36), (19, 0.2), (9, 0.11), (4, 0.06)):
            step = max(2, int(size * unit))
            octave = grain(rng, rows, width // 2 + 1, (step,))
            total += share * cv2.resize(octave, (width, rows), interpolation=cv2.INTER_LINEAR)
        return total

    def _skyline(self, seed: int) -> tuple[Pixels, NDArray[np.float32]]:
        """Class ids of the far background and its colour, (rows, width[, 3])."""
        rows, width = self._shape
        rng = self._rng(seed, 7)
        unit = self._camera.focal / 400.0
        ids = np.full(self._shape, classes.SKY, np.uint8)
        tone = np.zeros((*self._shape, 3), np.float32)
        y = np.arange(rows)[:, None]

        def lay(crest: NDArray[np.float32], ids_of: int, color: NDArray[np.float32]) -> None:
            inside = y > rows - crest[None, :]
            ids[inside] = ids_of
            tone[inside] = color[inside]

        hill = grain(rng, 1, width, (int(160 * unit) + 2, int(400 * unit) + 2))[0]
        hills = np.clip(9 + 8 * hill, 2, 60) * unit
        rough = 1 + 0.08 * grain(rng, rows, width, (3, 9))[..., None]
        lay(hills, classes.TERRAIN, rough * np.array([96, 106, 84], np.float32))
        towers = np.zeros(width, np.float32)
        grey = np.full((rows, width, 3), 120, np.float32)
        for _ in range(int(width / (34 * unit))):
            x, w = int(rng.integers(width)), int((8 + 26 * rng.random()) * unit)
            h = (6 + 24 * rng.random() ** 2) * unit
            if h < towers[x : x + w].max(initial=0.0):
                continue
            towers[x : x + w] = h
            grey[:, x : x + w] = 88 + 60 * rng.random(3) * [1, 0.95, 0.9]
            grey[:: max(2, int(3 * unit)), x : x + w] *= 0.88
        lay(towers, classes.BUILDINGS, grey)
        leaf = grain(rng, 1, width, (3, 7, 22, 60))[0]
        shape = grain(rng, 1, width, (int(90 * unit) + 2,))[0]
        crest = (8 + 4.5 * leaf + 5 * shape).clip(1.5, 40) * unit
        speck = 1 + 0.22 * grain(rng, rows, width, (2, 5))[..., None]
        lay(
            crest.astype(np.float32), classes.VEGETATION, speck * np.array([66, 82, 52], np.float32)
        )
        return ids, tone

    def panorama(self, conditions: Conditions, light: Light) -> Pixels:
        """RGB and ids (rows, width, 4) for the light of conditions."""
        if conditions not in self._made:
            self._made[conditions] = self._make(light)
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(conditions)
        return self._made[conditions]

    def _make(self, light: Light) -> Pixels:
        rows, width = self._shape
        camera = self._camera
        down = (np.arange(rows, dtype=np.float32) / rows)[:, None, None]
        sky = light.zenith_color + (light.horizon_color - light.zenith_color) * down**1.8
        sky = np.repeat(sky, width, axis=1)
        # Clouds crowd together towards the horizon: squeeze the noise along the height.
        lift = (1.0 - np.arange(rows, dtype=np.float32) / rows).clip(0.02)
        pull = (rows - 1) * (1.0 - lift**0.6)
        grid = np.repeat(pull.astype(np.float32)[:, None], width, axis=1)
        across = np.repeat(np.arange(width, dtype=np.float32)[None, :], rows, axis=0)
        noise = cv2.remap(self._clouds, across, grid, cv2.INTER_LINEAR)
        level = 1.0 - 2.2 * light.clouds
        body = np.clip((noise - level) / 1.3, 0, 1)[..., None]
        body = body * (0.95 - 0.35 * down)
        day = 1.0 - light.night
        top = np.array([240, 241, 244]) * (1 - 0.3 * light.clouds) * day + 16 * light.night
        top = top * (1 - 0.6 * light.glow) + np.array([252, 196, 150]) * 0.6 * light.glow
        under = top * (0.74 - 0.1 * light.rain)
        thick = np.clip((noise - level - 0.7) / 1.8, 0, 1)[..., None]
        cloud = top + (under - top) * thick
        sky = sky + (cloud - sky) * body * (0.95 - 0.5 * min(1.0, light.haze * 60))
        sky += self._stars[..., None] * light.night * (1 - light.clouds) * (1 - down) * (1 - body)
        power = float(light.sun.mean())
        left = math.remainder(SUN_AZIMUTH + math.radians(camera.yaw), math.tau)
        if power > 0.05 and abs(left) < _SUN_REACH:
            x = camera.width / 2 + int(_SWING * camera.focal) - camera.focal * left
            tan = float(light.direction[2]) / float(np.hypot(*light.direction[:2]))
            at = (rows - camera.focal * tan * 0.9, x)
            far = np.hypot(np.arange(rows)[:, None] - at[0], np.arange(width)[None, :] - at[1])
            far = far / camera.focal
            halo = np.exp(-far / 0.28) * 0.55 + np.exp(-((far / 0.035) ** 2)) * 2.5
            sky += (halo * power)[..., None] * np.array([255, 226, 176]) * (1 - 0.8 * light.clouds)
        lit = (light.ambient + 0.5 * light.sun) * self._tone
        clear = float(np.exp(-light.haze * _FAR)) * 0.9
        solid = lit * clear + light.haze_color * (1 - clear)
        out = np.empty((rows, width, 4), np.uint8)
        mixed = np.where((self._ids == classes.SKY)[..., None], sky, solid)
        dither = grain(generator(8), rows, width, (1,))[..., None] * 0.6
        out[..., :3] = np.clip(mixed + dither, 0, 255)
        out[..., 3] = self._ids
        return out

    def paint(
        self, canvas: Pixels, heading: float, now: Pixels, after: Pixels | None, share: float
    ) -> None:
        """Fill the canvas above the horizon, ``share`` of the way from one sky to the next.

        ``heading`` is the ego's, in radians; the camera's yaw is in the panorama already.
        """
        shift = round((_SWING - heading) * self._camera.focal)
        shift = max(0, min(shift, self._shape[1] - self._camera.width))
        window = slice(shift, shift + self._camera.width)
        rows = self._shape[0]
        if after is None or share <= 0.0:
            canvas[:rows] = now[:, window]
        else:
            # Both hold the same class ids, and weights that add up to one keep them.
            a, b = np.ascontiguousarray(now[:, window]), np.ascontiguousarray(after[:, window])
            canvas[:rows] = cv2.addWeighted(a, 1.0 - share, b, share, 0.0)
