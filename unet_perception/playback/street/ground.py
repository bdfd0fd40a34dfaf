# SPDX-License-Identifier: Apache-2.0
"""Paints the ground: flat classes first, then grain, shadows, lamp light and haze over them."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street import classes
from unet_perception.playback.street.camera import NEAR, CameraModel, Viewpoint
from unet_perception.playback.street.hashing import generator
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.scene import Scene
from unet_perception.playback.street.texture import Pixels

SHIFT = 4  # polygons are drawn on a lattice of 1/16 pixel
_MEAN = 0.82  # mean of the grain picture, by which flat colours are brightened beforehand
_TEXELS = 24  # a metre of grain
_PERIOD = 512
_BANDS = ((0.0, 6.0, 0), (6.0, 14.0, 1), (14.0, 36.0, 3), (36.0, 1e9, 9))
_FLAT = np.array([1.0, 1.0, 0.0], np.float32)
_LAMP_WARMTH = np.array([1.0, 0.84, 0.60], np.float32)


def fixed(pixels: NDArray[np.float32]) -> NDArray[np.int32]:
    """Pixel coordinates on the drawing lattice, kept within what OpenCV takes."""
    return np.rint(np.clip(pixels, -20000.0, 20000.0) * (1 << SHIFT)).astype(np.int32)


def _tile() -> NDArray[np.float32]:
    """Asphalt grain that repeats after `_PERIOD` texels both ways."""
    rng = generator(3)
    fine = rng.standard_normal((_PERIOD, _PERIOD)).astype(np.float32)
    total = 0.30 * fine
    for size, share in ((5, 0.5), (21, 0.55), (81, 0.6)):
        wide = cv2.copyMakeBorder(fine, size, size, size, size, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wide, (0, 0), size / 3.0)[size:-size, size:-size]
        total = total + share * soft / soft.std()
    tile: NDArray[np.float32] = np.clip(255.0 * _MEAN + 10.0 * total, 0, 255).astype(np.float32)
    return tile


class Ground:
    """The ground painter of one camera."""

    def __init__(self, camera: CameraModel) -> None:
        """Lay out the grain and the headlight beam for a camera."""
        self._camera = camera
        self._top = camera.horizon_row
        rows = np.arange(self._top, camera.height, dtype=np.float32) + 0.5
        cu, cv = camera.center
        ahead = camera.focal * camera.elevation / np.maximum(rows - cv, 0.25)
        self._ahead = ahead.astype(np.float32)
        tile = _tile()
        self._bands: list[tuple[int, int, Pixels, NDArray[Any], NDArray[Any]]] = []
        columns = (np.arange(camera.width, dtype=np.float32) + 0.5 - cu) / camera.focal
        for low, high, blur in _BANDS:
            inside = np.flatnonzero((ahead >= low) & (ahead < high))
            if not len(inside):
                continue
            first, last = int(inside[0]), int(inside[-1]) + 1
            z = np.minimum(self._ahead[first:last, None], 60.0)
            across, along = camera.from_ahead(columns[None, :] * z, z)
            across, along = (across * _TEXELS) % _PERIOD, (along * _TEXELS) % _PERIOD
            picture: NDArray[Any] = tile
            if blur:
                wide = cv2.copyMakeBorder(tile, 40, 40, 40, 40, cv2.BORDER_WRAP)
                picture = cv2.GaussianBlur(wide, (0, 0), float(blur))[40:-40, 40:-40]
            twice = np.concatenate([picture, picture, picture[:2]]).astype(np.uint8)
            twice = np.concatenate([twice, twice[:, :2]], axis=1)
            maps = cv2.convertMaps(across, along, cv2.CV_16SC2)
            self._bands.append((first, last, twice, maps[0], maps[1]))
        self._size = (camera.width // 2, (camera.height - self._top + 1) // 2)
        z = self._ahead[::2][: self._size[1], None]
        x, z = camera.from_ahead(columns[None, ::2][:, : self._size[0]] * z, z)
        beam = np.exp(-((x / (2.2 + 0.2 * z)) ** 2)) * np.exp(-(((z - 8.0) / 18.0) ** 2))
        if camera.turned:
            beam = beam * np.clip(z / 5.0, 0.0, 1.0)
        self._beam: NDArray[np.float32] = beam.astype(np.float32)

    def grain(self, s: float) -> Pixels:
        """Brightness of the bare ground at arclength s, uint8 (rows below the horizon, W)."""
        shift = int(s * _TEXELS) % _PERIOD
        camera = self._camera
        out = np.empty((camera.height - self._top, camera.width), np.uint8)
        for first, last, tile, coarse, fine in self._bands:
            view = tile[shift : shift + _PERIOD + 1]
            out[first:last] = cv2.remap(view, coarse, fine, cv2.INTER_LINEAR)
        return out

    def paint(self, canvas: Pixels, scene: Scene, light: Light) -> None:
        """Paint the ground of a scene onto the canvas (H, W, 4)."""
        lamp = 0.8 * light.night * _LAMP_WARMTH
        full = np.maximum(light.ground(), lamp)
        self._flat(canvas, scene, light, full / _MEAN)
        rows = canvas[self._top :]
        shade = self._shade(scene, light, full)
        fade = np.exp(-light.haze * self._ahead)
        half = fade[::2][: self._size[1]]
        shade[..., :3] = shade[..., :3] * half[:, None, None]
        big = cv2.resize(shade, (rows.shape[1], rows.shape[0]), interpolation=cv2.INTER_LINEAR)
        bare = cv2.cvtColor(self.grain(scene.s), cv2.COLOR_GRAY2BGRA)
        # The fourth channel of both factors is 255, so the class ids pass through unchanged.
        cv2.multiply(big, bare, dst=big, scale=1 / 255.0)
        cv2.multiply(rows, big, dst=rows, scale=1 / 255.0)
        veil = np.zeros((rows.shape[0], 1, 4), np.float32)
        veil[..., :3] = (1.0 - fade)[:, None, None] * light.haze_color
        mist = np.repeat(veil.astype(np.uint8), rows.shape[1], axis=1)
        cv2.add(rows, mist, dst=rows)

    def _flat(self, canvas: Pixels, scene: Scene, light: Light, lit: NDArray[np.float32]) -> None:
        """Fill every ground polygon with its class and flat colour."""
        base = np.array([96, 104, 62], np.float32) * lit
        canvas[self._top :] = [*np.clip(base, 0, 255).astype(np.uint8), classes.TERRAIN]
        waiting: list[tuple[int, NDArray[np.int32], list[float]]] = []
        for seen in reversed(scene.chunks):
            chunk = seen.chunk
            points = seen.view.view(chunk.ground)
            pixels = self._camera.project(points)
            depth, u = points[:, 2], pixels[:, 0]
            starts = chunk.starts
            near = np.minimum.reduceat(depth, starts)
            far = np.maximum.reduceat(depth, starts)
            left, right = np.minimum.reduceat(u, starts), np.maximum.reduceat(u, starts)
            shown = (far > NEAR) & (near < chunk.reaches)
            shown &= (right > 0) & (left < self._camera.width)
            cut = (near < NEAR) | np.logical_or.reduceat(self._camera.beside(pixels), starts)
            ends = np.append(starts[1:], len(points)).tolist()
            lattice = fixed(pixels)
            dry = (chunk.paints[:, 3:] == classes.TERRAIN) * light.wet
            paints = chunk.paints.copy()
            paints[:, :3] = np.minimum(
                paints[:, :3] * lit * (1.0 - 0.3 * light.wet + 0.3 * dry), 255
            )
            colors = paints.tolist()
            for k in np.flatnonzero(shown).tolist():
                ring = lattice[starts[k] : ends[k]]
                if cut[k]:
                    ring = fixed(self._camera.outline(points[starts[k] : ends[k]]))
                waiting.append((chunk.patches[k].order, ring, colors[k]))
        waiting.sort(key=lambda item: item[0])
        for _, ring, color in waiting:
            if len(ring) == 4:
                cv2.fillConvexPoly(canvas, ring, color, cv2.LINE_8, SHIFT)
            elif len(ring) > 2:
                cv2.fillPoly(canvas, [ring], color, cv2.LINE_8, SHIFT)

    def _shade(self, scene: Scene, light: Light, full: NDArray[np.float32]) -> Pixels:
        """Light that reaches the ground, 255 for ``full``; half size, fourth channel 255."""
        width, height = self._size
        share = np.clip(light.ground() / full, 0, 1) * 255.0
        dark = np.clip(light.ambient / full, 0, 1) * 255.0
        shade = np.empty((height, width, 4), np.uint8)
        shade[:] = [*share.astype(np.uint8), 255]
        if light.strength > 0.08:
            slant = -light.direction[:2] / light.direction[2]
            color = (*(float(c) for c in dark), 255)
            for seen in scene.chunks:
                self._cast(shade, seen.chunk.casters, seen.chunk.heights, slant, seen.view, color)
            self._cast(shade, scene.outlines, scene.heights, slant, scene.view, color)
        below = (*(0.45 * float(c) for c in dark), 255)
        still = np.zeros(2, np.float32)
        for seen in scene.chunks:
            none = np.zeros(len(seen.chunk.contacts), np.float32)
            self._cast(shade, seen.chunk.contacts, none, still, seen.view, below)
        none = np.zeros(len(scene.contacts), np.float32)
        self._cast(shade, scene.contacts, none, still, scene.view, below)
        if light.night > 0.05:
            self._lamplight(shade, scene, light)
        return shade

    def _halved(self, points: NDArray[np.float32]) -> NDArray[np.int32]:
        """Camera points on the drawing lattice of the half-size picture below the horizon."""
        return self._lowered(self._camera.project(points))

    def _lowered(self, pixels: NDArray[np.float32]) -> NDArray[np.int32]:
        """Pixels on the drawing lattice of that picture."""
        pixels[..., 1] -= self._top
        return fixed(pixels * 0.5)

    def _cast(
        self,
        shade: Pixels,
        outlines: NDArray[np.float32],
        heights: NDArray[np.float32],
        slant: NDArray[np.float32],
        view: Viewpoint,
        color: tuple[float, ...],
    ) -> None:
        """Fill the hull of each outline and of the outline moved along the shadow."""
        if not len(outlines):
            return
        moved = outlines + slant * heights[:, None, None]
        points = np.zeros((len(outlines), 12, 3), np.float32)
        points[:, :6, :2] = outlines
        points[:, 6:, :2] = moved
        seen = view.view(points)
        lattice = self._halved(seen)
        u = lattice[..., 0]
        shown = (seen[..., 2].max(axis=1) > 1.0) & (seen[..., 2].min(axis=1) < 110.0)
        shown &= (u.max(axis=1) > 0) & (u.min(axis=1) < self._size[0] << SHIFT)
        for k in np.flatnonzero(shown):
            if self._camera.turned and seen[k, :, 2].min() < NEAR:
                hull = cv2.convexHull(points[k, :, :2].copy(), returnPoints=False)[:, 0]
                ring = self._lowered(self._camera.outline(seen[k, hull]))
                if len(ring) < 3:
                    continue
            else:
                ring = cv2.convexHull(lattice[k])
            cv2.fillConvexPoly(shade, ring, color, cv2.LINE_8, SHIFT)

    def _lamplight(self, shade: Pixels, scene: Scene, light: Light) -> None:
        """Add pools under the street lamps and the beam of the ego's headlights."""
        pools = np.zeros(shade.shape[:2], np.float32)
        pools += 0.7 * self._beam
        turn = np.arange(12) * (math.pi / 6)
        ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1).astype(np.float32)
        layer = np.zeros(shade.shape[:2], np.uint8)
        feet = [(seen.view, seen.chunk.lamps * _FLAT) for seen in scene.chunks]
        for radius, value in ((15.0, 24), (11.5, 62), (8.5, 110), (5.5, 160), (3.0, 205)):
            for view, lamps in feet:
                points = view.view(lamps[:, None] + ring * radius)
                low, high = points[..., 2].min(axis=1), points[..., 2].max(axis=1)
                lattice = self._halved(points)
                for k in np.flatnonzero((high > 1.0) & (low < 110.0)):
                    whole = low[k] >= NEAR
                    outline = (
                        lattice[k] if whole else self._lowered(self._camera.outline(points[k]))
                    )
                    cv2.fillConvexPoly(layer, outline, value, cv2.LINE_8, SHIFT)
        pools += cv2.blur(layer, (17, 9)).astype(np.float32) / 255.0
        gain = np.clip(pools * light.night, 0, 1)[..., None] * 255.0
        shade[..., :3] = np.maximum(shade[..., :3], np.minimum(shade[..., :3] * 0.6 + gain, 255))
