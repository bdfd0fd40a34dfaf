# SPDX-License-Identifier: Apache-2.0
"""Paints what stands on the ground, from far to near, colour and class id in one stroke."""

from __future__ import annotations

from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.camera import NEAR, CameraModel, Viewpoint, clip_near
from unet_perception.playback.street.chunk import Panel, Standing
from unet_perception.playback.street.ground import SHIFT, fixed
from unet_perception.playback.street.light import Light
from unet_perception.playback.street.mesh import Mesh
from unet_perception.playback.street.scene import Scene
from unet_perception.playback.street.texture import Pixels, Texture

_SIGHT = 190.0
_STEPS = 24.0  # shades per unit of light; textures are shaded once per shade and kept
_WINDOW_LIGHT = np.array([255, 206, 128], np.float32)
Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32], NDArray[np.float32],
              NDArray[np.int32], NDArray[np.float32]]  # fmt: skip


class Painter:
    """The object painter of one camera."""

    def __init__(self, camera: CameraModel) -> None:
        self._camera = camera
        self._shaded: OrderedDict[tuple[int, ...], tuple[Texture, Pixels]] = OrderedDict()

    def paint(self, canvas: Pixels, scene: Scene, light: Light) -> None:
        """Paint a scene's objects onto the canvas (H, W, 4)."""
        cutouts: list[tuple[float, int, Panel | Standing, Viewpoint]] = []
        batches: list[Batch] = []
        for seen in scene.chunks:
            chunk, view = seen.chunk, seen.view
            anchors = np.concatenate(
                [chunk.anchors, np.zeros((len(chunk.anchors), 1), np.float32)], axis=1
            )
            away = np.linalg.norm(view.view(anchors), axis=1)
            batches.append(self._batch(chunk.solids, away, view, light))
            for panel in chunk.panels:
                if away[panel.owner] < _SIGHT:
                    cutouts.append((float(away[panel.owner]) + 0.01, len(cutouts), panel, view))
            for item in chunk.standing:
                if away[item.owner] < _SIGHT:
                    cutouts.append((float(away[item.owner]), len(cutouts), item, view))
        for placed in scene.meshes:
            away = np.array([np.hypot(placed.x - placed.view.x, placed.y - placed.view.y)])
            batches.append(self._batch(placed.mesh, away, placed.view, light))
        for item, view in scene.standing:
            gone = float(np.hypot(item.x - view.x, item.y - view.y))
            cutouts.append((gone, len(cutouts), item, view))
        away, rings, rank, colors, cut, points = (
            np.concatenate([b[k] for b in batches]) for k in range(6)
        )
        order = np.lexsort((rank, -away))
        cutouts.sort(key=lambda c: (-c[0], c[1]))
        limits = np.searchsorted(-away[order], [-c[0] for c in cutouts])
        paints = colors.tolist()
        fill, done = cv2.fillConvexPoly, 0
        for limit, stop in [*zip(limits, cutouts, strict=True), (len(order), None)]:
            for k in order[done:limit]:
                ring = rings[k]
                if cut[k]:
                    ring = fixed(self._camera.project(clip_near(points[k])))
                    if len(ring) < 3:
                        continue
                fill(canvas, ring, paints[k], cv2.LINE_8, SHIFT)
            done = limit
            if stop is None:
                continue
            if isinstance(stop[2], Panel):
                self._panel(canvas, stop[2], stop[3], light)
            else:
                self._standing(canvas, stop[2], stop[3], light)

    def _batch(
        self, mesh: Mesh, away: NDArray[np.float32], view: Viewpoint, light: Light
    ) -> Batch:
        """Project, cull and shade the quads of a mesh."""
        lens = np.array([view.x, view.y, view.elevation], np.float32)
        distance = away[mesh.owner]
        facing = np.einsum("ij,ij->i", mesh.normals, lens - mesh.points[:, 0])
        flat = ~mesh.normals.any(axis=1)
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
        lit = lit * (1.0 + 0.22 * normals[:, 2:])
        ahead = np.maximum(depth.mean(axis=1), 0.0)
        lit = lit + (light.night * 0.8 * np.exp(-ahead / 16.0))[:, None]
        lit = np.maximum(lit, mesh.glow[keep, None])
        clear = np.exp(-light.haze * ahead)[:, None]
        rgb = mesh.colors[keep] * lit * clear + light.haze_color * (1.0 - clear)
        colors = np.empty((len(keep), 4), np.float32)
        colors[:, :3] = np.clip(rgb, 0, 255)
        colors[:, 3] = mesh.ids[keep]
        cut = (depth.min(axis=1) < NEAR).astype(np.int32)
        away_of = distance[keep].astype(np.float32)
        return away_of, fixed(pixels), mesh.rank[keep], colors, cut, points  # type: ignore[return-value]

    def _shade(
        self, texture: Texture, level: int, sunlit: float, ahead: float, light: Light
    ) -> Pixels:
        """The texture's level in this light and haze; the class id stays as it is."""
        lit = light.ambient + light.sun * sunlit + light.night * 0.8 * np.exp(-ahead / 16.0)
        clear = float(np.exp(-light.haze * ahead))
        gain = np.rint(lit * clear * _STEPS) / _STEPS
        veil = np.rint(light.haze_color * (1 - clear) / 4.0) * 4.0
        night = round(light.night * clear * 8)
        name = (id(texture), level, night, *(int(v * _STEPS + 0.5) for v in gain),
                *(int(v) for v in veil))  # fmt: skip
        found = self._shaded.get(name)
        if found is not None:
            self._shaded.move_to_end(name)
            return found[1]
        steps = np.arange(256, dtype=np.float32)[:, None]
        table = np.empty((256, 1, 4), np.uint8)
        table[:, 0, :3] = np.clip(steps * gain + veil, 0, 255)
        table[:, 0, 3] = np.arange(256)
        source = texture.levels[level]
        pixels = np.asarray(cv2.LUT(source.pixels, table), np.uint8)
        if source.lamps is not None and night:
            glow = np.clip(_WINDOW_LIGHT * night / 8.0 * (0.35 + 0.012 * steps) + veil, 0, 255)
            table[:, 0, :3] = np.maximum(table[:, 0, :3], glow.astype(np.uint8))
            cv2.copyTo(cv2.LUT(source.pixels, table), source.lamps, pixels)
        # The texture is kept with its picture so that its id() is not given to another one.
        self._shaded[name] = (texture, pixels)
        if len(self._shaded) > 220:
            self._shaded.popitem(last=False)
        return pixels

    def _panel(self, canvas: Pixels, panel: Panel, view: Viewpoint, light: Light) -> None:
        """Paint a textured wall in perspective."""
        camera = self._camera
        lens = np.array([view.x, view.y, view.elevation], np.float32)
        if float(panel.normal @ (lens - panel.corner)) <= 0:
            return
        a, b = panel.corner, panel.corner + panel.right
        corners = view.view(np.stack([a, b, b + panel.down, a + panel.down]))
        if corners[:, 2].max() < NEAR:
            return
        outline = camera.project(clip_near(corners))
        x0, y0 = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
        x1 = min(int(np.ceil(outline[:, 0].max())) + 1, camera.width)
        y1 = min(int(np.ceil(outline[:, 1].max())) + 1, camera.height)
        if x1 <= x0 or y1 <= y0:
            return
        texture = panel.texture
        ahead = max(NEAR, float(corners[:, 2].clip(NEAR).mean()))
        wide = float(outline[:, 0].max() - outline[:, 0].min())
        tall = camera.focal * -float(panel.down[2]) / ahead
        full = texture.levels[0].pixels.shape
        level = texture.level(max(full[0] / tall, 0.5 * full[1] / max(wide, 1.0)))
        sunlit = max(0.0, float(panel.normal @ light.direction))
        pixels = self._shade(texture, level, sunlit, ahead, light)
        height, width = pixels.shape[:2]
        turned = view.view(np.stack([a, a + panel.right, a + panel.down]))
        plane = np.stack(
            [(turned[1] - turned[0]) / width, (turned[2] - turned[0]) / height, turned[0]], axis=1
        ).astype(np.float64)
        cu, cv = camera.center
        lensed = np.array([[camera.focal, 0, cu - x0], [0, -camera.focal, cv - y0], [0, 0, 1.0]])
        home = lensed @ plane
        if abs(np.linalg.det(home)) < 1e-9:
            return
        back = np.linalg.inv(home)
        size = (x1 - int(x0), y1 - int(y0))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        drawn = cv2.warpPerspective(pixels, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((size[1], size[0]), np.uint8)
        ring = fixed(outline - np.array([x0, y0], np.float32))
        cv2.fillConvexPoly(mask, ring, 255, cv2.LINE_8, SHIFT)
        holes = texture.levels[level].mask
        if holes is not None:
            flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
            cv2.bitwise_and(mask, cv2.warpPerspective(holes, back, size, flags=flags), dst=mask)
        cv2.copyTo(drawn, mask, canvas[y0:y1, x0:x1])

    def _standing(self, canvas: Pixels, item: Standing, view: Viewpoint, light: Light) -> None:
        """Paint a cut-out that faces the camera."""
        camera = self._camera
        foot = view.view(np.array([item.x, item.y, 0.0], np.float32))
        ahead = float(foot[2])
        if ahead < 0.8:
            return
        u, v = camera.project(foot)
        texture = item.sprite.texture
        scale = camera.focal / ahead
        wide, tall = item.sprite.width * item.size * scale, item.sprite.height * item.size * scale
        left, top = float(u) - wide / 2, float(v) - tall
        x0, y0 = max(0, int(left)), max(0, int(top))
        x1 = min(camera.width, int(left + wide) + 1)
        y1 = min(camera.height, int(top + tall) + 1)
        if x1 <= x0 or y1 <= y0 or tall < 2.0:
            return
        level = texture.level(texture.levels[0].pixels.shape[0] / tall)
        pixels = self._shade(texture, level, 0.55, ahead, light)
        mask = texture.levels[level].mask
        height, width = pixels.shape[:2]
        back = np.array(
            [[width / wide, 0, (x0 - left) * width / wide],
             [0, height / tall, (y0 - top) * height / tall]])  # fmt: skip
        size = (x1 - x0, y1 - y0)
        drawn = cv2.warpAffine(
            pixels, back, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        if mask is not None:
            flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
            cover = cv2.warpAffine(mask, back, size, flags=flags)
            cv2.copyTo(drawn, cover, canvas[y0:y1, x0:x1])
