# SPDX-License-Identifier: Apache-2.0
"""Paints what stands on the ground, from far to near, colour and class id in one stroke."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.camera import NEAR, CameraModel, Viewpoint
from unet_perception.playback.street.chunk import Chunk
from unet_perception.playback.street.cutouts import (
    Figure,
    Wall,
    figures,
    paint_figure,
    paint_wall,
    walls,
)
from unet_perception.playback.street.ground import SHIFT, fixed
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.mesh import Mesh
from unet_perception.playback.street.scene import Scene
from unet_perception.playback.street.shading import Shader, headlights
from unet_perception.playback.street.texture import Pixels

_SIGHT = 190.0
_ASLANT = 30.0  # degrees of yaw from which a camera looks at fronts rather than along them


@dataclass(frozen=True, eq=False)
class _Batch:
    """Quads in sight: distance and rank to order by, polygons, colours with ids."""

    away: NDArray[np.float32]
    rank: NDArray[np.int32]
    rings: NDArray[np.int32]
    colors: NDArray[np.float32]
    points: NDArray[np.float32]
    cut: NDArray[np.bool_]


class Painter:
    """The object painter of one camera."""

    def __init__(self, camera: CameraModel) -> None:
        """Prepare to paint for a camera."""
        self._camera = camera
        self._shader = Shader(camera.beam)

    def paint(self, canvas: Pixels, scene: Scene, light: Light) -> None:
        """Paint a scene's objects onto the canvas (H, W, 4)."""
        self._shader.begin(light)
        camera = self._camera
        cutouts: list[Wall | Figure] = []
        batches = []
        for seen in scene.chunks:
            chunk, view = seen.chunk, seen.view
            away = self._away(view, chunk)
            batches.append(self._batch(chunk.solids, away, view, light))
            cutouts += walls(camera, view, chunk.panels, chunk.sides, away, _SIGHT)
            cutouts += figures(camera, view, chunk.standing, chunk.feet, _SIGHT)
        away = np.linalg.norm(scene.view.view(scene.anchors), axis=1)
        batches.append(self._batch(scene.mesh, away, scene.view, light))
        feet = np.array([(t.x, t.y, 0.0) for t in scene.standing], np.float32)
        cutouts += figures(camera, scene.view, scene.standing, feet, _SIGHT)
        cutouts.sort(key=lambda cutout: -cutout.away)  # a stable sort: ties keep their order
        quads = _Batch(
            *(np.concatenate([getattr(b, n) for b in batches]) for n in _Batch.__dataclass_fields__)
        )
        order = np.lexsort((quads.rank, -quads.away))
        limits = np.searchsorted(-quads.away[order], [-c.away for c in cutouts])
        rings, colors = quads.rings[order], quads.colors[order].tolist()
        for k in np.flatnonzero(quads.cut[order]):
            colors[k] = None
        done = 0
        for limit, cutout in zip(limits.tolist(), cutouts, strict=True):
            self._fill(canvas, quads, order, rings, colors, done, limit)
            done = limit
            if isinstance(cutout, Wall):
                paint_wall(canvas, cutout, camera, self._shader, light)
            else:
                paint_figure(canvas, cutout, camera, self._shader)
        self._fill(canvas, quads, order, rings, colors, done, len(order))

    def _away(self, view: Viewpoint, chunk: Chunk) -> NDArray[np.float32]:
        """The distance to order each owner by.

        Down the road the far end of a house is the one its lot ends with. To the side and behind
        it may be either, and what stands before the front must come after it.
        """
        if abs(self._camera.yaw) < _ASLANT:
            return np.asarray(np.linalg.norm(view.view(chunk.anchors), axis=1), np.float32)
        ends = np.linalg.norm(view.view(chunk.ends), axis=2)
        return np.asarray(ends.max(axis=1), np.float32)

    def _fill(
        self,
        canvas: Pixels,
        quads: _Batch,
        order: NDArray[np.intp],
        rings: NDArray[np.int32],
        colors: list[list[float] | None],
        first: int,
        last: int,
    ) -> None:
        """Fill the quads ``first`` to ``last`` in order; a colour of None marks one to cut."""
        fill = cv2.fillConvexPoly
        for k in range(first, last):
            color = colors[k]
            if color is not None:
                fill(canvas, rings[k], color, cv2.LINE_8, SHIFT)
                continue
            ring = fixed(self._camera.outline(quads.points[order[k]]))
            if len(ring) >= 3:
                fill(canvas, ring, quads.colors[order[k]].tolist(), cv2.LINE_8, SHIFT)

    def _batch(
        self, mesh: Mesh, away: NDArray[np.float32], view: Viewpoint, light: Light
    ) -> _Batch:
        """Project, cull and shade the quads of a mesh."""
        distance = away[mesh.owner]
        facing = np.einsum("ij,ij->i", mesh.normals, view.lens - mesh.points[:, 0])
        flat = np.logical_not(mesh.normals.any(axis=1))
        keep = np.flatnonzero((distance < _SIGHT) & (flat | (facing > 0)))
        points = view.view(mesh.points[keep])
        depth = points[..., 2]
        pixels = self._camera.project(points)
        low, high = pixels.min(axis=1), pixels.max(axis=1)
        shown = (depth.max(axis=1) > NEAR) & (high > 0).all(axis=1)
        shown &= (low[:, 0] < self._camera.width) & (low[:, 1] < self._camera.height)
        shown &= ((high - low).max(axis=1) > 0.7) | (mesh.rank[keep] == 0)
        keep, points, depth, pixels = keep[shown], points[shown], depth[shown], pixels[shown]
        normals = mesh.normals[keep]
        slope = np.maximum(normals @ light.direction, 0.0)
        slope[flat[keep]] = 0.45
        lit = light.ambient + slope[:, None] * light.sun
        # The sky lights what faces up more than what faces down.
        lit = lit * (1.0 + 0.22 * normals[:, 2:])
        ahead = np.maximum(depth.mean(axis=1), 0.0)
        lit = lit + headlights(light, ahead, self._camera.beam)[:, None]
        glow = mesh.glow[keep, None]
        lit = np.maximum(lit, np.where(glow > 1.0, light.night, glow))
        clear = np.exp(-light.haze * ahead)[:, None]
        rgb = mesh.colors[keep] * lit * clear + light.haze_color * (1.0 - clear)
        colors = np.empty((len(keep), 4), np.float32)
        colors[:, :3] = np.clip(rgb, 0, 255)
        colors[:, 3] = mesh.ids[keep]
        cut = (depth.min(axis=1) < NEAR) | self._camera.beside(pixels).any(axis=1)
        return _Batch(distance[keep], mesh.rank[keep], fixed(pixels), colors, points, cut)
