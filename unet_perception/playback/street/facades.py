# SPDX-License-Identifier: Apache-2.0
"""Painted walls: house fronts with windows, doors and shops, and garden walls."""

from __future__ import annotations

import cv2
import numpy as np

from unet_perception.playback.street import classes
from unet_perception.playback.street.mesh import Color
from unet_perception.playback.street.texture import Pixels, Texture, grain, texture, tinted

TEXELS = 20  # a metre of wall

_PLASTER: tuple[Color, ...] = (
    (168, 160, 146), (150, 136, 118), (182, 178, 170), (138, 142, 146), (160, 120, 92),
    (186, 168, 128), (126, 132, 124), (120, 104, 92),
)  # fmt: skip
_BRICK: tuple[Color, ...] = ((124, 70, 54), (104, 62, 50), (142, 96, 70), (96, 84, 78))
_CONCRETE: tuple[Color, ...] = ((132, 132, 130), (110, 114, 118), (150, 148, 142))
_SHOPS: tuple[Color, ...] = (
    (150, 34, 30),
    (32, 70, 120),
    (30, 90, 60),
    (180, 140, 40),
    (50, 50, 54),
)


def material(rng: np.random.Generator, height: int, width: int, kind: int) -> Pixels:
    """Bare wall of plaster (0), brick (1), concrete panels (2) or rough stone (3)."""
    noise = grain(rng, height, width, (2, 9, 40))
    palette = (_PLASTER, _BRICK, _CONCRETE, _CONCRETE)[kind]
    color = palette[int(rng.integers(len(palette)))]
    wall = tinted(noise, color, (0.05, 0.08, 0.05, 0.11)[kind])
    if kind == 1:
        joint = (wall[::4] * 0.78).astype(np.uint8)
        wall[::4] = joint
        for row in range(0, height, 4):
            wall[row : row + 4, (row // 4 % 2) * 4 :: 8] = (
                wall[row : row + 4, (row // 4 % 2) * 4 :: 8] * 0.84
            ).astype(np.uint8)
    if kind == 2:
        for row in range(0, height, 3 * TEXELS):
            wall[row : row + 2] = (wall[row : row + 2] * 0.72).astype(np.uint8)
        for col in range(0, width, 4 * TEXELS):
            wall[:, col : col + 1] = (wall[:, col : col + 1] * 0.75).astype(np.uint8)
    # Rain streaks and splashed dirt darken a wall towards its foot and under its roof.
    fall = np.linspace(0, 1, height, dtype=np.float32)
    stain = 1.0 - 0.2 * np.exp(-(1 - fall) * height / 14.0) - 0.1 * np.exp(-fall * height / 10.0)
    stained: Pixels = (wall * stain[:, None, None]).astype(np.uint8)
    return stained


def _window(
    wall: Pixels, lamps: Pixels, box: tuple[int, int, int, int], frame: Color, look: float
) -> None:
    """Paint one window; ``look`` in [0, 1) picks its pane and whether it is lit at night."""
    x0, y0, x1, y1 = box
    cv2.rectangle(wall, (x0 - 1, y0 - 1), (x1 + 1, y1 + 1), frame, -1)
    h = max(1, y1 - y0)
    shade = np.linspace(74, 34, h, dtype=np.float32)[:, None, None] * np.array(
        [0.86, 1.0, 1.12], np.float32
    )
    pane = np.broadcast_to(shade * (0.6 + 0.7 * (look * 7 % 1)), (h, x1 - x0, 3))
    wall[y0:y1, x0:x1] = np.clip(pane, 0, 255).astype(np.uint8)
    if look * 13 % 1 < 0.4:
        curtain = (168, 160, 150) if look < 0.5 else (128, 110, 92)
        cv2.rectangle(wall, (x0, y0), (x0 + (x1 - x0) // 4, y1 - 1), curtain, -1)
    mid = (x0 + x1) // 2
    cv2.line(wall, (mid, y0), (mid, y1), frame, 1)
    cv2.line(wall, (x0, y0 + h // 3), (x1, y0 + h // 3), frame, 1)
    sill = tuple(min(255.0, c * 1.12) for c in frame)
    cv2.rectangle(wall, (x0 - 3, y1 + 1), (x1 + 3, y1 + 3), sill, -1)
    cv2.line(wall, (x0 - 2, y1 + 4), (x1 + 2, y1 + 4), (58, 54, 50), 1)
    if look * 29 % 1 < 0.34:
        wall[y0:y1, x0:x1] = np.maximum(wall[y0:y1, x0:x1], 40)
        cv2.rectangle(lamps, (x0, y0), (x1 - 1, y1 - 1), 255, -1)


def _shop(wall: Pixels, lamps: Pixels, rng: np.random.Generator, ground: int) -> None:
    height, width = wall.shape[:2]
    board = _SHOPS[int(rng.integers(len(_SHOPS)))]
    top = height - ground
    cv2.rectangle(wall, (0, top), (width, height), (70, 66, 62), -1)
    x = 6
    while x + 30 < width:
        span = int(rng.integers(34, 64))
        x1 = min(x + span, width - 6)
        door = rng.random() < 0.3
        low = height - (3 if door else 12)
        _window(wall, lamps, (x, top + 18, x1, low), (36, 36, 38), float(rng.random()))
        x = x1 + 6
    cv2.rectangle(wall, (2, top + 1), (width - 3, top + 12), board, -1)
    x = 10
    while x + 40 < width:
        word = int(rng.integers(14, 34))
        for k in range(x, x + word, 5):
            cv2.rectangle(wall, (k, top + 4), (k + 2, top + 9), (226, 222, 208), -1)
        x += word + int(rng.integers(24, 60))


def front(rng: np.random.Generator, width: float, floors: int, style: int) -> Texture:
    """A front ``width`` metres wide with floors of 3 m (ground floor 3.4 m).

    Style 0 is downtown (shops below), 1 houses, 2 a modern block, 3 a works hall.
    """
    w, h = int(width * TEXELS), int((floors * 3.0 + 0.4) * TEXELS)
    kind = ((0, 1, 1, 2), (0, 0, 1), (2, 0), (2, 1))[style]
    wall = material(rng, h, w, kind[int(rng.integers(len(kind)))])
    lamps = np.zeros((h, w), np.uint8)
    frame: Color = ((210, 206, 198), (76, 62, 50), (58, 62, 66))[int(rng.integers(3))]
    ground = int(3.4 * TEXELS)
    bays = max(2, round(width / (2.6, 3.0, 2.4, 4.5)[style]))
    step = w / bays
    half = int(step * (0.24, 0.2, 0.36, 0.3)[style])
    balcony = style == 2 and rng.random() < 0.6
    for floor in range(1 if style == 0 else 0, floors):
        base = h - floor * 3 * TEXELS - (8 if floor else 0)
        y0, y1 = base - int(2.4 * TEXELS), base - int(0.95 * TEXELS)
        for bay in range(bays):
            cx = int((bay + 0.5) * step)
            if floor == 0 and style in (1, 2) and bay == bays // 2:
                cv2.rectangle(wall, (cx - 13, h - 48), (cx + 13, h), frame, -1)
                paint = _SHOPS[int(rng.integers(len(_SHOPS)))]
                cv2.rectangle(wall, (cx - 10, h - 45), (cx + 10, h), paint, -1)
                cv2.rectangle(wall, (cx - 6, h - 40), (cx + 6, h - 26), (50, 56, 62), -1)
                continue
            _window(wall, lamps, (cx - half, y0, cx + half, y1), frame, float(rng.random()))
            if balcony and floor and bay % 2 == 0:
                left, right = cx - half - 6, cx + half + 6
                cv2.rectangle(wall, (left, y1 - 8), (right, y1 + 12), (172, 172, 170), -1)
                cv2.rectangle(wall, (left, y1 + 12), (right, y1 + 18), (66, 66, 66), -1)
        if style == 0:
            cv2.line(wall, (0, base + 2), (w, base + 2), tuple(0.9 * c for c in frame), 2)
    if style == 0:
        _shop(wall, lamps, rng, ground)
    cv2.rectangle(wall, (0, 0), (w, 5), tuple(c * 0.8 for c in frame), -1)
    cv2.line(wall, (0, 7), (w, 7), (48, 46, 44), 2)
    return texture(wall, classes.BUILDINGS, lamps=lamps)


def flank(rng: np.random.Generator, depth: float, floors: int, style: int) -> Texture:
    """A side of a building: the same kind of wall with few windows."""
    w, h = int(depth * TEXELS), int((floors * 3.0 + 0.4) * TEXELS)
    wall = material(rng, h, w, ((1, 0, 2, 2)[style]))
    lamps = np.zeros((h, w), np.uint8)
    for floor in range(floors):
        y0 = h - floor * 3 * TEXELS - int(2.5 * TEXELS)
        for bay in range(max(1, int(depth // 4))):
            if rng.random() < 0.6:
                cx = int((bay + 0.5) * 4 * TEXELS)
                box = (cx - 10, y0, cx + 10, y0 + 28)
                _window(wall, lamps, box, (90, 86, 80), float(rng.random()))
    return texture(wall, classes.BUILDINGS, lamps=lamps)


def garden_wall(rng: np.random.Generator, length: float, height: float) -> Texture:
    """A free-standing wall with a coping."""
    w, h = int(length * TEXELS), int(height * TEXELS)
    wall = material(rng, h, w, int(rng.integers(1, 4)))
    cv2.rectangle(wall, (0, 0), (w, 3), (150, 148, 142), -1)
    cv2.line(wall, (0, 4), (w, 4), (60, 58, 56), 1)
    return texture(wall, classes.WALLS)


def hedge(rng: np.random.Generator, length: float, height: float) -> Texture:
    """A clipped hedge with an uneven top."""
    w, h = int(length * TEXELS), int(height * TEXELS)
    noise = grain(rng, h, w, (2, 5, 16))
    lit = np.linspace(1.25, 0.6, h, dtype=np.float32)[:, None]
    green = np.array([62, 84, 40], np.float32)
    rgb = np.clip(green * (lit * (1 + 0.3 * noise))[..., None], 0, 255).astype(np.uint8)
    mask = np.full((h, w), 255, np.uint8)
    crest = 2 + 3 * np.abs(grain(rng, 1, w, (2, 7))[0])
    mask[np.arange(h)[:, None] < crest[None, :]] = 0
    return texture(rgb, classes.VEGETATION, mask=mask)
