# SPDX-License-Identifier: Apache-2.0
"""Paints textures: walls in perspective, and cut-outs that face the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.camera import NEAR, CameraModel, Viewpoint
from unet_perception.playback.street.chunk import Panel, Standing
from unet_perception.playback.street.ground import SHIFT, fixed
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.shading import SUN_STEPS, Shader
from unet_perception.playback.street.texture import Pixels

_BACKWARD = cv2.WARP_INVERSE_MAP
_LEAVES_LIT = SUN_STEPS // 2


@dataclass(frozen=True, eq=False)
class Wall:
    """A panel in sight.

    Attributes:
        away: metres to its owner.
        outline: float32 (n, 2), its corners in pixels, cut at the near plane.
        box: left, top, right and bottom in pixels.
        ahead: metres ahead, in the mean.
        back: float64 (3, 3), pixels to fractions of the texture.
    """

    away: float
    panel: Panel
    outline: NDArray[np.float32]
    box: list[float]
    ahead: float
    back: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figure:
    """A cut-out in sight: left, top, width and height in pixels, metres ahead."""

    away: float
    item: Standing
    box: tuple[float, float, float, float]
    ahead: float


def walls(
    camera: CameraModel,
    view: Viewpoint,
    panels: tuple[Panel, ...],
    sides: NDArray[np.float32],
    away: NDArray[np.float32],
    sight: float,
) -> list[Wall]:
    """Those of a chunk's panels that are in sight; ``away`` is the distance of each owner."""
    if not panels:
        return []
    seen = view.view(sides)
    depth = seen[..., 2]
    pixels = camera.project(seen)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    nearest = depth.min(axis=1)
    shown = (depth.max(axis=1) > NEAR) & (high > 0).all(axis=1)
    shown &= (low[:, 0] < camera.width) & (low[:, 1] < camera.height)
    picked = [
        k
        for k in np.flatnonzero(shown).tolist()
        if away[panels[k].owner] < sight
        and float(panels[k].normal @ (view.lens - panels[k].corner)) > 0
    ]
    # The point at fractions (i, j) of a texture is a + i * across + j * down: three columns
    # that the lens projects; the inverse takes pixels to fractions.
    corners = seen[picked].astype(np.float64)
    a = corners[:, 0]
    plane = np.stack([corners[:, 1] - a, corners[:, 3] - a, a], axis=2)
    cu, cv = camera.center
    lens = np.array([[camera.focal, 0, cu], [0, -camera.focal, cv], [0, 0, 1.0]])
    home = lens @ plane
    flat = np.abs(np.linalg.det(home)) < 1e-6
    home[flat] = np.eye(3)
    backs = np.linalg.inv(home)
    means = np.maximum(depth[picked], NEAR).mean(axis=1).tolist()
    boxes = np.concatenate([low[picked], high[picked]], axis=1).tolist()
    found = []
    for n, k in enumerate(picked):
        if flat[n]:
            continue
        outline, box = pixels[k], boxes[n]
        if nearest[k] < NEAR or camera.beside(outline).any():
            outline = camera.outline(seen[k])
            if len(outline) < 3:
                continue
            box = [*outline.min(axis=0).tolist(), *outline.max(axis=0).tolist()]
        distance = float(away[panels[k].owner]) + 0.01
        found.append(Wall(distance, panels[k], outline, box, means[n], backs[n]))
    return found


def figures(
    camera: CameraModel,
    view: Viewpoint,
    standing: tuple[Standing, ...],
    feet: NDArray[np.float32],
    sight: float,
) -> list[Figure]:
    """Those of the cut-outs that are in sight."""
    if not standing:
        return []
    seen = view.view(feet)
    pixels = camera.project(seen).tolist()
    away = np.hypot(seen[:, 0], seen[:, 2]).tolist()
    depth = seen[:, 2].tolist()
    found = []
    for item, (u, v), ahead, gone in zip(standing, pixels, depth, away, strict=True):
        if not 0.8 < ahead < sight:
            continue
        scale = camera.focal / ahead * item.size
        wide, tall = item.sprite.width * scale, item.sprite.height * scale
        if tall >= 2.0 and -wide / 2 < u < camera.width + wide / 2 and v - tall < camera.height:
            found.append(Figure(gone, item, (u - wide / 2, v - tall, wide, tall), ahead))
    return found


def paint_wall(
    canvas: Pixels, wall: Wall, camera: CameraModel, shader: Shader, light: Light
) -> None:
    """Paint a textured wall in perspective."""
    panel, texture = wall.panel, wall.panel.texture
    left, top, right, bottom = wall.box
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1, y1 = min(camera.width, int(right) + 2), min(camera.height, int(bottom) + 2)
    if x1 <= x0 or y1 <= y0:
        return
    tall = camera.focal * -float(panel.down[2]) / wall.ahead
    full = texture.levels[0].pixels.shape
    level = texture.level(max(full[0] / tall, 0.5 * full[1] / max(right - left, 1.0)))
    sunlit = round(max(0.0, float(panel.normal @ light.direction)) * SUN_STEPS)
    pixels = shader.shade(texture, level, sunlit, wall.ahead)
    back = wall.back * [[pixels.shape[1]], [pixels.shape[0]], [1.0]]
    back[:, 2] += x0 * back[:, 0] + y0 * back[:, 1]
    size = (x1 - x0, y1 - y0)
    drawn = cv2.warpPerspective(
        pixels, back, size, flags=cv2.INTER_LINEAR | _BACKWARD, borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros((size[1], size[0]), np.uint8)
    ring = fixed(wall.outline - np.array([x0, y0], np.float32))
    cv2.fillConvexPoly(mask, ring, 255, cv2.LINE_8, SHIFT)
    holes = texture.levels[level].mask
    if holes is not None:
        cover = cv2.warpPerspective(holes, back, size, flags=cv2.INTER_NEAREST | _BACKWARD)
        cv2.bitwise_and(mask, cover, dst=mask)
    cv2.copyTo(drawn, mask, canvas[y0:y1, x0:x1])


def paint_figure(canvas: Pixels, figure: Figure, camera: CameraModel, shader: Shader) -> None:
    """Paint a cut-out that faces the camera."""
    left, top, wide, tall = figure.box
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1 = min(camera.width, int(left + wide) + 1)
    y1 = min(camera.height, int(top + tall) + 1)
    if x1 <= x0 or y1 <= y0:
        return
    texture = figure.item.sprite.texture
    level = texture.level(texture.levels[0].pixels.shape[0] / tall)
    pixels = shader.shade(texture, level, _LEAVES_LIT, figure.ahead)
    mask = texture.levels[level].mask
    height, width = pixels.shape[:2]
    across, down = width / wide, height / tall
    back = np.array([[across, 0.0, (x0 - left) * across], [0.0, down, (y0 - top) * down]])
    size = (x1 - x0, y1 - y0)
    drawn = cv2.warpAffine(
        pixels, back, size, flags=cv2.INTER_LINEAR | _BACKWARD, borderMode=cv2.BORDER_REPLICATE
    )
    if mask is None:
        canvas[y0:y1, x0:x1] = drawn
    else:
        cover = cv2.warpAffine(mask, back, size, flags=cv2.INTER_NEAREST | _BACKWARD)
        cv2.copyTo(drawn, cover, canvas[y0:y1, x0:x1])
