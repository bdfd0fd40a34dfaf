# SPDX-License-Identifier: Apache-2.0
"""Shapes beside the road: lamps, lights, signs, fences, benches; x along, y across, metres."""

from __future__ import annotations

import math

from unet_perception.playback.street import classes
from unet_perception.playback.street.mesh import Color, Mesh, Shaper

STEEL: Color = (112, 116, 120)
DARK: Color = (52, 55, 58)


def _post(shape: Shaper, height: float, width: float, color: Color, ids: int | None = None) -> None:
    half = width / 2
    shape.box((-half, half), (-half, half), (0, height), color, ids=ids)


def lamp(reach: float) -> Mesh:
    """A street lamp 7 m tall whose arm reaches ``reach`` metres to the left."""
    shape = Shaper(classes.POLES)
    sign = math.copysign(1.0, reach)
    shape.box((-0.14, 0.14), (-0.14, 0.14), (0, 0.9), DARK)
    shape.box((-0.07, 0.07), (-0.07, 0.07), (0.9, 6.8), STEEL, rank=1)
    y0, y1 = sorted((0.0, reach))
    shape.box((-0.05, 0.05), (y0, y1), (6.75, 6.9), STEEL, rank=2)
    y0, y1 = sorted((reach, reach - sign * 0.9))
    shape.box((-0.17, 0.17), (y0, y1), (6.68, 6.86), (150, 152, 154), rank=3)
    under = [[-0.15, y0, 6.66], [0.15, y0, 6.66], [0.15, y1, 6.66], [-0.15, y1, 6.66]]
    shape.quad(under, (255, 226, 170), rank=4, glow=2.0)
    return shape.mesh()


def traffic_light(phase: int, arm: float) -> Mesh:
    """Signals that face back along x: red (0), amber (1), green (2); ``arm`` metres over the road.

    CARLA labels the post as a pole and only the housing as a traffic light.
    """
    shape = Shaper(classes.TRAFFIC_LIGHT)
    _post(shape, 3.6 if not arm else 5.6, 0.14, DARK, classes.POLES)
    heads = [(0.0, 2.5)]
    if arm:
        y0, y1 = sorted((0.0, arm))
        shape.box((-0.06, 0.06), (y0, y1), (5.45, 5.6), DARK, ids=classes.POLES, rank=1)
        heads.append((arm, 4.9))
    for y, z in heads:
        shape.box((-0.34, -0.1), (y - 0.19, y + 0.19), (z, z + 1.0), (34, 36, 34), rank=2)
        lamps: tuple[Color, ...] = ((235, 40, 30), (250, 180, 40), (40, 235, 110))
        for k, color in enumerate(lamps):
            on = k == phase
            shade = color if on else (color[0] * 0.22, color[1] * 0.22, color[2] * 0.22)
            at = (-0.345, y, z + 0.83 - 0.32 * k)
            shape.disc(at, 0.12, shade, side=-1.0, axis="x", rank=3, glow=1.0 if on else 0.0)
    return shape.mesh()


def sign(kind: int) -> Mesh:
    """A sign that faces back along x: speed limit, warning, no entry, direction board, parking."""
    shape = Shaper(classes.TRAFFIC_SIGNS)
    _post(shape, 2.3, 0.08, STEEL, classes.POLES)
    x, z, back = -0.06, 2.45, [1.0, 0.0, 2.4]
    white, red, blue = (236, 236, 232), (196, 28, 30), (28, 74, 160)
    if kind == 0:
        for k, (radius, color) in enumerate(((0.42, red), (0.32, white))):
            shape.disc((x - 0.004 * k, 0, z), radius, color, side=-1.0, axis="x", rank=1 + k)
        for y in (-0.12, 0.12):
            shape.quad([[x - 0.01, y - 0.07, z - 0.13], [x - 0.01, y + 0.07, z - 0.13],
                        [x - 0.01, y + 0.07, z + 0.13], [x - 0.01, y - 0.07, z + 0.13]],
                       (24, 24, 26), rank=3, away=back)  # fmt: skip
    elif kind == 1:
        for k, (size, color) in enumerate(((0.5, red), (0.34, (238, 204, 60)))):
            tip = [x - 0.004 * k, 0.0, z + size * 0.95]
            shape.quad([[x - 0.004 * k, -size, z - size * 0.7], [x - 0.004 * k, size,
                        z - size * 0.7], tip, tip], color, rank=1 + k)  # fmt: skip
    elif kind == 2:
        shape.disc((x, 0, z), 0.44, red, side=-1.0, axis="x", rank=1)
        shape.quad([[x - 0.01, -0.3, z - 0.08], [x - 0.01, 0.3, z - 0.08], [x - 0.01, 0.3,
                    z + 0.08], [x - 0.01, -0.3, z + 0.08]], white, rank=2, away=back)  # fmt: skip
    else:
        half, tall, color = ((0.95, 0.55, (24, 104, 62)), (0.33, 0.33, blue))[kind - 3]
        shape.box((x, x + 0.03), (-half, half), (z - tall, z + tall), white, rank=1)
        inner = [[x - 0.01, -half * 0.93, z - tall * 0.88], [x - 0.01, half * 0.93,
                 z - tall * 0.88], [x - 0.01, half * 0.93, z + tall * 0.88],
                 [x - 0.01, -half * 0.93, z + tall * 0.88]]  # fmt: skip
        shape.quad(inner, color, rank=2, away=back)
        for k in range(2):
            low = z - tall * 0.5 + tall * 0.7 * k
            text = [[x - 0.015, -half * 0.6, low], [x - 0.015, half * (0.2 + 0.4 * k), low],
                    [x - 0.015, half * (0.2 + 0.4 * k), low + tall * 0.28],
                    [x - 0.015, -half * 0.6, low + tall * 0.28]]  # fmt: skip
            shape.quad(text, white, rank=3, away=back)
    return shape.mesh()


def fence(length: float, kind: int, color: Color) -> Mesh:
    """A see-through fence along x: pickets (0), rails (1), or a steel guard rail (2)."""
    shape = Shaper(classes.GUARD_RAIL if kind == 2 else classes.FENCES)

    def sheet(x0: float, x1: float, z0: float, z1: float, paint: Color, rank: int) -> None:
        shape.quad([[x0, 0, z0], [x1, 0, z0], [x1, 0, z1], [x0, 0, z1]], paint, rank=rank)

    if kind == 2:
        for k in range(int(length / 2.0) + 1):
            sheet(2.0 * k - 0.06, 2.0 * k + 0.06, 0, 0.62, DARK, 0)
        sheet(0, length, 0.42, 0.74, (168, 170, 172), 1)
        sheet(0, length, 0.55, 0.6, (120, 122, 126), 2)
        return shape.mesh()
    top = (1.25, 1.05)[kind]
    for z in ((0.3, top - 0.2), (0.3, 0.65, top - 0.06))[kind]:
        sheet(0, length, z, z + 0.06, color, 0)
    gap, width = ((0.3, 0.14), (1.6, 0.1))[kind]
    for k in range(int(length / gap) + 1):
        sheet(gap * k, gap * k + width, 0, top, color, 1)
    return shape.mesh()


def bench() -> Mesh:
    """A wooden bench along x that faces +y."""
    shape = Shaper(classes.STATIC)
    for x in (-0.75, 0.65):
        shape.box((x, x + 0.1), (-0.2, 0.25), (0, 0.45), DARK)
    shape.box((-0.9, 0.9), (-0.2, 0.25), (0.43, 0.5), (126, 88, 54), rank=1)
    shape.box((-0.9, 0.9), (-0.27, -0.2), (0.55, 0.95), (118, 80, 48), rank=2)
    return shape.mesh()


def bin_of(color: Color) -> Mesh:
    """A litter bin."""
    shape = Shaper(classes.DYNAMIC)
    shape.loft([(-0.27, 0.0, 0.95, (-0.24, 0.24)), (0.27, 0.0, 0.95, (-0.24, 0.24))], color)
    shape.box((-0.3, 0.3), (-0.28, 0.28), (0.9, 1.02), (40, 42, 44), rank=1)
    return shape.mesh()


def shelter() -> Mesh:
    """A bus stop shelter along x, open towards +y."""
    shape = Shaper(classes.STATIC)
    shape.quad([[-1.8, -0.7, 0.2], [1.8, -0.7, 0.2], [1.8, -0.7, 2.3], [-1.8, -0.7, 2.3]],
               (84, 104, 112))  # fmt: skip
    shape.box((-1.2, 1.2), (-0.6, -0.2), (0.42, 0.5), (150, 40, 36), rank=1)
    for x in (-1.8, 1.74):
        for y in (-0.7, 0.64):
            shape.box((x, x + 0.07), (y, y + 0.07), (0, 2.35), DARK, rank=2)
    advert = [[-1.8, -0.6, 0.5], [-1.8, 0.55, 0.5], [-1.8, 0.55, 2.1], [-1.8, -0.6, 2.1]]
    shape.quad(advert, (196, 148, 74), rank=3, glow=0.3)
    shape.box((-2.0, 2.0), (-0.85, 0.85), (2.35, 2.47), (60, 62, 66), rank=4)
    return shape.mesh()


def box_kiosk(color: Color) -> Mesh:
    """A phone box or newspaper kiosk."""
    shape = Shaper(classes.STATIC)
    shape.box((-0.5, 0.5), (-0.5, 0.5), (0, 2.3), color, top=(60, 60, 60))
    for side in (-1.0, 1.0):
        y = side * 0.51
        shape.quad([[-0.4, y, 0.8], [0.4, y, 0.8], [0.4, y, 2.05], [-0.4, y, 2.05]], (66, 80, 88),
                   rank=1, away=[0, 0, 1])  # fmt: skip
        x = side * 0.51
        shape.quad([[x, -0.4, 0.8], [x, 0.4, 0.8], [x, 0.4, 2.05], [x, -0.4, 2.05]], (66, 80, 88),
                   rank=1, away=[0, 0, 1])  # fmt: skip
    return shape.mesh()
