# SPDX-License-Identifier: Apache-2.0
"""Shapes of cars, vans, trucks and buses; x runs ahead, y to the left, metres."""

from __future__ import annotations

from unet_perception.playback.street import classes
from unet_perception.playback.street.mesh import Color, Mesh, Shaper

GLASS: Color = (38, 46, 54)
TYRE: Color = (24, 24, 26)
HUB: Color = (120, 122, 126)
CAR_COLORS: tuple[Color, ...] = (
    (186, 188, 190), (60, 64, 70), (28, 29, 32), (150, 34, 30), (44, 78, 138), (214, 214, 208),
    (104, 112, 108), (176, 150, 44), (54, 92, 66), (92, 150, 168), (120, 62, 40),
)  # fmt: skip


def _shade(color: Color, share: float) -> Color:
    return color[0] * share, color[1] * share, color[2] * share


def _wheels(shape: Shaper, axles: tuple[float, ...], half: float, radius: float) -> None:
    for x in axles:
        for side in (-1.0, 1.0):
            at = (x, side * (half + 0.02), radius)
            shape.disc(at, radius * 1.12, (14, 14, 16), side=side, rank=1)
            shape.disc(at, radius, TYRE, side=side, rank=2)
            shape.disc(at, radius * 0.6, HUB, side=side, rank=3)
            shape.disc(at, radius * 0.25, (60, 60, 64), side=side, rank=4)


def _lights(shape: Shaper, back: float, front: float, half: float, z: float) -> None:
    for side in (-1.0, 1.0):
        y0, y1 = side * half * 0.62, side * half * 0.97
        for x, color, sign in ((back, (236, 34, 26), -1), (front, (250, 246, 226), 1)):
            corners = [[x, y0, z - 0.09], [x, y1, z - 0.09], [x, y1, z + 0.07], [x, y0, z + 0.07]]
            shape.quad(corners, color, rank=5, glow=0.8, away=[x - sign, 0, z])
    for x, sign in ((back, -1), (front, 1)):
        plate = [[x, -0.26, z - 0.3], [x, 0.26, z - 0.3], [x, 0.26, z - 0.19], [x, -0.26, z - 0.19]]
        shape.quad(plate, (206, 206, 196), rank=5, away=[x - sign, 0, z])


def car(color: Color, kind: int) -> Mesh:
    """A hatchback (0), saloon (1) or van (2) of that paint."""
    length, half, roof = ((4.0, 0.86, 1.48), (4.6, 0.91, 1.42), (4.9, 0.97, 1.95))[kind]
    b, f = -length / 2, length / 2
    belt = 0.93 if kind < 2 else 1.08
    nose = 0.76 if kind < 2 else 1.0
    shape = Shaper(classes.CAR)
    body = [
        (b, 0.38, belt - 0.08, (-half * 0.93, half * 0.93)),
        (b + 0.15, 0.24, belt, (-half, half)),
        (f - 1.25, 0.2, belt, (-half, half)),
        (f - 0.3, 0.22, nose, (-half, half)),
        (f, 0.36, nose - 0.14, (-half * 0.86, half * 0.86)),
    ]
    shape.loft(body, color, top=_shade(color, 1.04))
    for x, y in ((b - 0.01, -1.0), (f + 0.01, 1.0)):
        bumper = [[x, -half * 0.86, 0.36], [x, half * 0.86, 0.36],
                  [x, half * 0.86, 0.52], [x, -half * 0.86, 0.52]]  # fmt: skip
        shape.quad(bumper, _shade(color, 0.45), rank=1, away=[x - y, 0, 0.4])
    for side in (-1.0, 1.0):
        y = side * (half + 0.004)
        sill = [[b + 0.2, y, 0.22], [f - 0.4, y, 0.22], [f - 0.4, y, 0.34], [b + 0.2, y, 0.34]]
        shape.quad(sill, _shade(color, 0.4), rank=1, away=[0, 0, 0.3])
        for x in (b + length * 0.36, b + length * 0.6):
            seam = [[x, y, 0.34], [x + 0.025, y, 0.34], [x + 0.025, y, belt], [x, y, belt]]
            shape.quad(seam, _shade(color, 0.5), rank=1, away=[0, 0, 0.5])
    _wheels(shape, (b + 0.78, f - 0.82), half, 0.32)
    _lights(shape, b - 0.012, f + 0.012, half * 0.93, belt - 0.22)
    inset = half * 0.78
    rear, screen = ((b + 0.1, f - 1.2), (b + 0.75, f - 1.3), (b + 0.05, f - 0.75))[kind]
    slope = (0.35, 0.75, 0.12)[kind]
    cabin = [
        (rear, belt, belt + 0.02, (-half * 0.96, half * 0.96)),
        (rear + slope, belt, roof, (-inset, inset)),
        (screen - 0.8, belt, roof, (-inset, inset)),
        (screen, belt, belt + 0.02, (-half * 0.96, half * 0.96)),
    ]
    # The hull's sides lean in towards the roof; glass lies on them a finger's breadth proud.
    _cabin(shape, cabin, color, kind)
    for side in (-1.0, 1.0):
        mirror = (screen - 0.35, screen - 0.2)
        y0, y1 = sorted((side * half, side * (half + 0.2)))
        shape.box(mirror, (y0, y1), (belt, belt + 0.15), _shade(color, 0.7), rank=-1)
    return shape.mesh()


def _cabin(
    shape: Shaper,
    cabin: list[tuple[float, float, float, tuple[float, float]]],
    color: Color,
    kind: int,
) -> None:
    (r, belt, _, (_, wide)), (ra, _, roof, (_, slim)), (sa, *_), (s, *_) = cabin
    center = [(r + s) / 2, 0.0, (belt + roof) / 2]
    dark = _shade(color, 0.8)

    def face(corners: list[list[float]], paint: Color, rank: int) -> None:
        shape.quad(corners, paint, rank=rank, away=center)

    def pane(corners: list[list[float]], shrink: float, paint: Color, rank: int = 8) -> None:
        mid = [sum(c[k] for c in corners) / 4 for k in range(3)]
        grown = [[mid[k] + (c[k] - mid[k]) * shrink for k in range(3)] for c in corners]
        face(grown, paint, rank)

    back = [[r, -wide, belt], [r, wide, belt], [ra, slim, roof], [ra, -slim, roof]]
    front = [[s, -wide, belt], [s, wide, belt], [sa, slim, roof], [sa, -slim, roof]]
    for sheet in (back, front):
        face(sheet, dark, 6)
        pane(sheet, 0.86, GLASS)
        mid = [sum(c[k] for c in sheet) / 4 for k in range(3)]
        glare = [sheet[3], sheet[2], [(sheet[2][k] + mid[k]) / 2 for k in range(3)],
                 [(sheet[3][k] + mid[k]) / 2 for k in range(3)]]  # fmt: skip
        pane(glare, 0.8, (74, 86, 96), 9)
    for side in (-1.0, 1.0):
        w, n = side * wide, side * slim
        flank = [[r, w, belt], [s, w, belt], [sa, n, roof], [ra, n, roof]]
        face(flank, dark, 6)
        split = (ra + sa) / 2 if kind < 2 else sa - 0.9
        end = (ra + 0.1) if kind < 2 else split - 0.6
        low, high = belt + 0.05, roof - 0.07

        def at(x: float, z: float, w: float = w, n: float = n) -> list[float]:
            t = (z - belt) / (roof - belt)
            return [x, w + (n - w) * t, z]

        for x0, x1, x2, x3 in (
            (max(end - 0.2, r + 0.25), split - 0.05, split - 0.05, end),
            (split + 0.05, s - 0.3, sa - 0.02, split + 0.05),
        ):
            face([at(x0, low), at(x1, low), at(x2, high), at(x3, high)], GLASS, 8)
    face([[ra, -slim, roof], [sa, -slim, roof], [sa, slim, roof], [ra, slim, roof]], color, 7)


def truck(color: Color) -> Mesh:
    """A box truck, 7.5 m long."""
    shape = Shaper(classes.TRUCK)
    shape.box((-3.7, 1.9), (-1.2, 1.2), (0.45, 0.9), (44, 44, 46))
    shape.box((-3.75, 1.8), (-1.22, 1.22), (0.9, 3.3), (206, 206, 202), top=(190, 190, 188), rank=1)
    for side in (-1.0, 1.0):
        y = side * 1.225
        band = [[-3.2, y, 1.5], [1.3, y, 1.5], [1.3, y, 2.4], [-3.2, y, 2.4]]
        shape.quad(band, color, rank=2, away=[0, 0, 2])
    for y in (-1.1, 0.03):
        door = [[-3.76, y, 1.0], [-3.76, y + 1.07, 1.0], [-3.76, y + 1.07, 3.2], [-3.76, y, 3.2]]
        shape.quad(door, (186, 187, 186), rank=2, away=[0, 0, 2])
    shape.loft([(1.9, 0.5, 2.5, (-1.15, 1.15)), (3.3, 0.5, 2.4, (-1.15, 1.15)),
                (3.8, 0.5, 1.3, (-1.1, 1.1))], color, rank=3)  # fmt: skip
    screen = [[3.76, -0.98, 1.42], [3.76, 0.98, 1.42], [3.38, 0.98, 2.28], [3.38, -0.98, 2.28]]
    shape.quad(screen, GLASS, rank=4, away=[2.5, 0, 1.5])
    for side in (-1.0, 1.0):
        y = side * 1.16
        shape.quad([[2.3, y, 1.4], [3.25, y, 1.4], [3.1, y, 2.25], [2.3, y, 2.25]], GLASS,
                   rank=4, away=[2.5, 0, 1.5])  # fmt: skip
    _wheels(shape, (-2.5, 2.7), 1.2, 0.46)
    _lights(shape, -3.77, 3.83, 1.1, 0.85)
    return shape.mesh()


def bus(color: Color) -> Mesh:
    """A city bus, 11 m long."""
    shape = Shaper(classes.BUS)
    half = 1.25
    body = [(-5.5, 0.35, 3.05, (-half, half)), (5.4, 0.35, 3.05, (-half, half)),
            (5.6, 0.4, 2.9, (-half * 0.96, half * 0.96))]  # fmt: skip
    shape.loft(body, color, top=(212, 212, 210))
    for side in (-1.0, 1.0):
        y = side * (half + 0.005)
        shape.quad([[-5.4, y, 0.36], [5.3, y, 0.36], [5.3, y, 0.8], [-5.4, y, 0.8]],
                   _shade(color, 0.5), rank=1, away=[0, 0, 1.5])  # fmt: skip
        for k in range(7):
            x = -5.2 + 1.5 * k
            shape.quad([[x, y, 1.45], [x + 1.38, y, 1.45], [x + 1.38, y, 2.5], [x, y, 2.5]],
                       GLASS, rank=2, away=[0, 0, 1.5])  # fmt: skip
    for x, top, sign in ((-5.51, 2.6, -1), (5.62, 2.7, 1)):
        shape.quad([[x, -1.1, 1.3], [x, 1.1, 1.3], [x, 1.1, top], [x, -1.1, top]], GLASS,
                   rank=2, away=[x - sign, 0, 1.5])  # fmt: skip
        shape.quad([[x + 0.01 * sign, -0.7, 2.72], [x + 0.01 * sign, 0.7, 2.72],
                    [x + 0.01 * sign, 0.7, 2.92], [x + 0.01 * sign, -0.7, 2.92]],
                   (240, 170, 40), rank=3, glow=0.8, away=[x - sign, 0, 2.8])  # fmt: skip
    _wheels(shape, (-3.4, 3.3), half, 0.48)
    _lights(shape, -5.52, 5.63, 1.15, 0.95)
    return shape.mesh()
