# SPDX-License-Identifier: Apache-2.0
"""Painted cut-outs that always face the camera: trees, bushes, walkers, cyclists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from unet_perception.playback.street import classes
from unet_perception.playback.street.hashing import generator
from unet_perception.playback.street.mesh import Color
from unet_perception.playback.street.texture import Pixels, Texture, grain, texture

PHASES = 8  # pictures of one walking step pair


@dataclass(frozen=True, eq=False)
class Sprite:
    """A cut-out and its size in metres; it stands on the middle of its lower edge."""

    texture: Texture
    width: float
    height: float


# name: crown centre height, crown half width, crown half height (of the picture), metres w, h
_TREES = {
    "round": (0.60, 0.46, 0.37, 6.4, 8.0),
    "tall": (0.56, 0.40, 0.42, 2.6, 10.5),
    "wide": (0.64, 0.48, 0.33, 8.0, 8.6),
    "cone": (0.54, 0.44, 0.45, 4.4, 9.5),
    "young": (0.70, 0.42, 0.28, 3.2, 5.4),
    "bush": (0.45, 0.48, 0.50, 2.2, 1.6),
}
_GREENS: tuple[Color, ...] = (
    (84, 104, 48), (70, 96, 46), (92, 104, 50), (62, 86, 50), (104, 108, 52),
)  # fmt: skip


def tree(rng: np.random.Generator, kind: str) -> Sprite:
    """One tree of a kind: leaves as many small blots, lit from the upper left."""
    middle, half_w, half_h, width, height = _TREES[kind]
    scale = 40 if kind != "bush" else 60
    w, h = int(width * scale), int(height * scale)
    rgb = np.zeros((h, w, 3), np.uint8)
    mask = np.zeros((h, w), np.uint8)
    green = np.array(_GREENS[int(rng.integers(len(_GREENS)))], np.float32)
    rgb[:] = (green * 0.5).astype(np.uint8)
    cx, cy = w / 2, h * (1 - middle)
    bark = (70, 60, 50)
    if kind != "bush":
        foot, top = int(w * 0.5), int(cy)
        thick = max(4, int(0.28 * scale))
        cv2.line(rgb, (foot, h), (foot, top), bark, thick)
        cv2.line(mask, (foot, h), (foot, top), 255, thick)
        cv2.line(rgb, (foot - thick // 3, h), (foot - thick // 3, top), (98, 86, 72), thick // 3)
        for _ in range(5):
            end = (int(cx + (rng.random() - 0.5) * half_w * w), int(cy - rng.random() * 0.25 * h))
            cv2.line(rgb, (foot, int(cy + 0.3 * half_h * h)), end, bark, thick // 2)
            cv2.line(mask, (foot, int(cy + 0.3 * half_h * h)), end, 255, thick // 2)
    # A crown is a heap of clumps, each lit on its upper left, painted from the back.
    clumps = []
    for _ in range(46 if kind != "bush" else 24):
        turn, off = rng.random() * 2 * math.pi, math.sqrt(rng.random()) * 0.82
        x, y = math.cos(turn) * off, math.sin(turn) * off
        if kind == "cone":
            x *= 0.12 + 0.88 * (y + 1) / 2
        clumps.append((x, y, 0.30 if kind != "cone" else 0.14 + 0.12 * (y + 1) / 2))
    leaf = max(2, int(0.09 * scale))
    for x, y, size in clumps:
        n = 90
        a = rng.random(n) * 2 * math.pi
        r = np.sqrt(rng.random(n)) * size
        us = (cx + (x + np.cos(a) * r) * half_w * w).astype(int).tolist()
        vs = (cy + (y + np.sin(a) * r) * half_h * h).astype(int).tolist()
        light = 0.74 - 0.26 * (x + y) - 0.75 * (np.cos(a) + np.sin(a)) * r
        light = np.clip(light + rng.normal(0, 0.13, n), 0.3, 1.6)
        sizes = (leaf * (0.6 + 0.9 * (light % 0.5))).astype(int).tolist()
        for u, v, radius, color in zip(
            us, vs, sizes, (light[:, None] * green).tolist(), strict=True
        ):
            cv2.circle(mask, (u, v), radius, 255, -1)
            cv2.circle(rgb, (u, v), radius, color, -1)
    return Sprite(texture(rgb, classes.VEGETATION, mask=mask), width, height)


_SKIN: tuple[Color, ...] = ((206, 160, 130), (150, 104, 78), (98, 68, 50), (222, 182, 152))
_CLOTH: tuple[Color, ...] = (
    (54, 60, 78), (120, 36, 34), (48, 84, 60), (150, 146, 138), (36, 36, 40), (168, 128, 60),
    (70, 100, 140), (110, 80, 110), (200, 196, 190),
)  # fmt: skip


class _Figure:
    """A body painted in metres onto a picture of 1.2 m by 2 m."""

    scale = 96

    def __init__(self, ids: int) -> None:
        self.rgb: Pixels = np.full((2 * self.scale, int(1.2 * self.scale), 3), 60, np.uint8)
        self.mask: Pixels = np.zeros(self.rgb.shape[:2], np.uint8)
        self.ids = ids

    def at(self, x: float, y: float) -> tuple[int, int]:
        return int((0.6 + x) * self.scale), int((2.0 - y) * self.scale)

    def limb(self, points: list[tuple[float, float]], width: float, color: Color) -> None:
        """A bent limb, with a lighter left edge."""
        thick = max(1, int(width * self.scale))
        for a, b in pairwise(points):
            cv2.line(self.rgb, self.at(*a), self.at(*b), color, thick)
            cv2.line(self.mask, self.at(*a), self.at(*b), 255, thick)
            lit = tuple(min(255.0, c * 1.25 + 6) for c in color)
            a2, b2 = (a[0] - width / 3, a[1]), (b[0] - width / 3, b[1])
            cv2.line(self.rgb, self.at(*a2), self.at(*b2), lit, max(1, thick // 4))

    def blob(self, x: float, y: float, rx: float, ry: float, color: Color) -> None:
        axes = (int(rx * self.scale), int(ry * self.scale))
        cv2.ellipse(self.rgb, self.at(x, y), axes, 0, 0, 360, color, -1)
        cv2.ellipse(self.mask, self.at(x, y), axes, 0, 0, 360, 255, -1)

    def body(self, points: list[tuple[float, float]], color: Color) -> None:
        ring = np.array([self.at(*p) for p in points], np.int32)
        cv2.fillPoly(self.rgb, [ring], color)
        cv2.fillPoly(self.mask, [ring], 255)
        left = ring.copy()
        left[:, 0] = (left[:, 0] + ring[:, 0].min()) // 2
        cv2.fillPoly(self.rgb, [left], tuple(min(255.0, c * 1.15 + 4) for c in color))

    def sprite(self) -> Sprite:
        noise = grain(generator(12), self.rgb.shape[0], self.rgb.shape[1], (3, 12))
        rgb = np.clip(self.rgb * (1 + 0.06 * noise[..., None]), 0, 255).astype(np.uint8)
        return Sprite(texture(rgb, self.ids, mask=self.mask), 1.2, 2.0)


def walker(rng: np.random.Generator) -> tuple[Sprite, ...]:
    """The `PHASES` pictures of one walking person, seen along the pavement."""
    skin = _SKIN[int(rng.integers(len(_SKIN)))]
    coat, trousers, hair = (_CLOTH[int(rng.integers(len(_CLOTH)))] for _ in range(3))
    tall = 0.88 + 0.14 * rng.random()
    skirt, bag = rng.random() < 0.25, rng.random() < 0.35
    frames = []
    for phase in range(PHASES):
        swing = math.sin(2 * math.pi * phase / PHASES)
        figure = _Figure(classes.PEDESTRIANS)
        hip, neck = 0.92 * tall, 1.48 * tall
        for side in (-1.0, 1.0):
            s = swing * side
            knee = (0.10 * side + 0.07 * s, 0.50 * tall + 0.03 * abs(s))
            foot = (0.10 * side + 0.17 * s, 0.06 + 0.09 * max(0.0, -s))
            shade = tuple(c * (0.85 if side > 0 else 1.0) for c in trousers)
            figure.limb([(0.085 * side, hip), knee, foot], 0.145, (shade[0], shade[1], shade[2]))
            figure.blob(foot[0] + 0.02, foot[1] - 0.01, 0.085, 0.045, (30, 28, 28))
        for side in (-1.0, 1.0):
            s = -swing * side
            hand = (0.27 * side + 0.13 * s, 0.88 * tall)
            shoulder = (0.2 * side, 1.38 * tall)
            figure.limb([shoulder, (0.26 * side + 0.03 * s, 1.12 * tall), hand], 0.1, coat)
            figure.blob(*hand, 0.05, 0.055, skin)
        if skirt:
            figure.body([(-0.15, hip + 0.1), (0.15, hip + 0.1), (0.24, 0.52), (-0.24, 0.52)], coat)
        figure.body(
            [(-0.21, neck - 0.06), (-0.1, neck), (0.1, neck), (0.21, neck - 0.06),
             (0.17, hip - 0.06), (-0.17, hip - 0.06)], coat)  # fmt: skip
        if bag:
            figure.blob(0.0, 1.2 * tall, 0.15, 0.2, hair)
        figure.limb([(0, neck - 0.02), (0, neck + 0.06)], 0.1, skin)
        figure.blob(0, 1.62 * tall, 0.1, 0.125, skin)
        figure.blob(0, 1.66 * tall, 0.108, 0.1, (hair[0] * 0.5, hair[1] * 0.45, hair[2] * 0.4))
        frames.append(figure.sprite())
    return tuple(frames)


def cyclist(rng: np.random.Generator) -> tuple[Sprite, Sprite]:
    """A bicycle and its rider, seen from behind; two pictures because they are two classes."""
    bike = _Figure(classes.BICYCLE)
    bike.limb([(0, 0.03), (0, 0.68)], 0.07, (26, 26, 28))
    bike.limb([(-0.28, 1.02), (0.28, 1.02)], 0.05, (60, 60, 64))
    bike.limb([(0, 0.6), (0, 1.0)], 0.07, _CLOTH[int(rng.integers(len(_CLOTH)))])
    bike.blob(0, 0.72, 0.04, 0.05, (190, 20, 20))
    rider = _Figure(classes.RIDER)
    coat, trousers = (_CLOTH[int(rng.integers(len(_CLOTH)))] for _ in range(2))
    for side, low in ((-1.0, 0.3), (1.0, 0.46)):
        rider.limb([(0.08 * side, 0.95), (0.15 * side, 0.66), (0.12 * side, low)], 0.14, trousers)
        rider.blob(0.12 * side, low, 0.06, 0.05, (30, 28, 28))
        rider.limb([(0.18 * side, 1.42), (0.3 * side, 1.2), (0.27 * side, 1.04)], 0.1, coat)
    rider.body([(-0.2, 1.46), (0.2, 1.46), (0.17, 0.92), (-0.17, 0.92)], coat)
    rider.blob(0, 1.62, 0.1, 0.12, _SKIN[int(rng.integers(len(_SKIN)))])
    rider.blob(0, 1.68, 0.125, 0.1, (176, 40, 36))
    return bike.sprite(), rider.sprite()
