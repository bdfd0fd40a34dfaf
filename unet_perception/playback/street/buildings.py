# SPDX-License-Identifier: Apache-2.0
"""Houses and walls of one chunk: boxes with painted sides, roofs and cornices."""

from __future__ import annotations

import numpy as np

from unet_perception.playback.street import classes
from unet_perception.playback.street.chunk import Draft, Panel
from unet_perception.playback.street.facades import flank, front
from unet_perception.playback.street.mesh import Color, Shaper
from unet_perception.playback.street.texture import Texture

_ROOFS: tuple[Color, ...] = ((112, 62, 46), (78, 72, 70), (96, 84, 74), (130, 84, 58))


def panel(
    draft: Draft,
    owner: int,
    ends: tuple[tuple[float, float], tuple[float, float]],
    height: float,
    texture: Texture,
    away: tuple[float, float],
) -> None:
    """Stand a texture between two plane points; it faces away from the point ``away``."""
    (xa, ya), (xb, yb) = ends
    right = np.array([xb - xa, yb - ya, 0.0], np.float32)
    normal = np.array([right[1], -right[0], 0.0], np.float32)
    normal /= max(float(np.linalg.norm(normal)), 1e-6)
    if normal[0] * (xa - away[0]) + normal[1] * (ya - away[1]) < 0:
        normal = -normal
    corner = np.array([xa, ya, height], np.float32)
    down = np.array([0.0, 0.0, -height], np.float32)
    draft.panels.append(Panel(corner, right, down, normal, texture, owner))


def building(
    draft: Draft,
    rng: np.random.Generator,
    span: tuple[float, float],
    near: float,
    depth: float,
    floors: int,
    style: int,
    lot: tuple[float, float],
) -> None:
    """A building along ``span`` on a lot; its front is ``near`` metres right (left if negative)."""
    side = 1.0 if near > 0 else -1.0
    far = near + side * depth
    width = span[1] - span[0]
    middle = (span[0] + span[1]) / 2
    heading = draft.line.heading(middle)
    x, y = draft.line.at(middle, 0.0)
    cos, sin = np.cos(heading), np.sin(heading)

    def at(along: float, right: float) -> tuple[float, float]:
        # Straight walls even on a curve: everything follows the heading at the middle.
        return (
            float(x + along * cos + right * sin),
            float(y + along * sin - right * cos),
        )

    a, b = -width / 2, width / 2
    height = floors * 3.0 + 0.4
    owner = draft.owner(span[1], near, lot)
    center = at(0.0, near + side * depth / 2)
    wall = flank(rng, depth, floors, style)
    panel(
        draft, owner, (at(a, near), at(b, near)), height, front(rng, width, floors, style), center
    )
    panel(draft, owner, (at(a, near), at(a, far)), height, wall, center)
    panel(draft, owner, (at(b, near), at(b, far)), height, wall, center)
    shape = Shaper(classes.BUILDINGS)
    # The mesh's y axis points left, so metres to the right are negative y.
    y0, y1 = sorted((-near, -far))
    paint = _ROOFS[int(rng.integers(len(_ROOFS)))]
    if style == 1 and floors <= 3:
        _gable(shape, (a, b), (y0, y1), height, paint)
    else:
        tone = float(rng.integers(96, 150))
        edge = (tone, tone * 0.97, tone * 0.92)
        out = 0.35 if style == 0 else 0.12
        lip = (y0 - out, y1 + out)
        shape.box((a - out, b + out), lip, (height - 0.15, height + 0.45), edge, top=(84, 84, 84))
        # From the street one looks up at the eaves: close the gap between wall and cornice.
        outer, low = -near + side * out, height - 0.14
        for x0, x1, ya, yb in (
            (a - out, b + out, -near, outer),
            (a - out, a, y0, y1),
            (b, b + out, y0, y1),
        ):
            under = [[x0, ya, low], [x1, ya, low], [x1, yb, low], [x0, yb, low]]
            shape.quad(under, (74, 72, 70), rank=-1, away=(0.0, 0.0, height + 9.0))
    if style == 0:
        _awnings(shape, rng, (a, b), -near, side)
    draft.solids.append(shape.mesh().placed(x, y, heading, owner))
    draft.box_shadow(middle, near + side * depth / 2, (width, depth), height)


def _gable(
    shape: Shaper,
    span: tuple[float, float],
    sides: tuple[float, float],
    height: float,
    paint: Color,
) -> None:
    (a, b), (y0, y1) = (span[0] - 0.35, span[1] + 0.35), (sides[0] - 0.5, sides[1] + 0.5)
    ridge, top = (y0 + y1) / 2, height + (y1 - y0) * 0.3
    inside = [0.0, ridge, height - 2.0]
    for y in (y0, y1):
        slope = [[a, y, height - 0.2], [b, y, height - 0.2], [b, ridge, top], [a, ridge, top]]
        shape.quad(slope, paint, rank=1, away=inside)
        for k in range(1, 6):
            t, thick = k / 6.0, 0.012
            row = [[a, y + (ridge - y) * u, height - 0.2 + (top - height + 0.2) * u]
                   for u in (t, t + thick)]  # fmt: skip
            stripe = [row[0], [b, *row[0][1:]], [b, *row[1][1:]], row[1]]
            dark = (paint[0] * 0.75, paint[1] * 0.75, paint[2] * 0.75)
            shape.quad(stripe, dark, rank=2, away=inside)
        gutter = [[a, y, height - 0.32], [b, y, height - 0.32], [b, y, height - 0.18],
                  [a, y, height - 0.18]]  # fmt: skip
        shape.quad(gutter, (70, 66, 62), rank=3, away=inside)
    for x in span:
        tip = [x, ridge, top - 0.1]
        shape.quad([[x, sides[0], height], [x, sides[1], height], tip, tip], (142, 132, 118),
                   away=inside)  # fmt: skip
    mid = (span[0] + span[1]) / 2
    shape.box((mid + 1.2, mid + 1.9), (ridge - 0.4, ridge + 0.3), (top - 0.8, top + 0.9),
              (110, 72, 60), rank=4)  # fmt: skip


def _awnings(
    shape: Shaper, rng: np.random.Generator, span: tuple[float, float], y: float, side: float
) -> None:
    """Cloth roofs over shop windows; ``side`` is +1 where the road lies at larger y."""
    at = span[0] + 1.0
    while at + 3.5 < span[1]:
        if rng.random() < 0.45:
            hue = ((150, 40, 36), (40, 84, 60), (52, 66, 110), (176, 150, 96))
            color = hue[int(rng.integers(len(hue)))]
            lip = y + side * 1.3
            for k in range(6):
                x0, x1 = at + 0.5 * k, at + 0.5 * (k + 1)
                stripe = color if k % 2 else (206, 200, 188)
                top = [[x0, y, 3.1], [x1, y, 3.1], [x1, lip, 2.6], [x0, lip, 2.6]]
                shape.quad(top, stripe, rank=3)
                rim = [[x0, lip, 2.6], [x1, lip, 2.6], [x1, lip, 2.35], [x0, lip, 2.35]]
                shape.quad(rim, stripe, rank=4)
        at += 4.5
