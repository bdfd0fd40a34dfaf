# SPDX-License-Identifier: Apache-2.0
"""Batches of coloured quads, and the builder that shapes objects out of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Color = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Mesh:
    """N quads; a zero normal means seen from both sides.

    Attributes:
        points: float32 (N, 4, 3), metres: x, y, up.
        normals: float32 (N, 3), unit or zero.
        colors: float32 (N, 3), RGB 0..255 in full light.
        glow: float32 (N,), how much of the colour needs no light, 0 to 1; 2 is a lamp that
            burns at night only.
        ids: int32 (N,), class ids.
        rank: int32 (N,), painting order within one object, lowest first.
        owner: int32 (N,), number of the object within its batch.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    colors: NDArray[np.float32]
    glow: NDArray[np.float32]
    ids: NDArray[np.int32]
    rank: NDArray[np.int32]
    owner: NDArray[np.int32]

    def placed(self, x: float, y: float, heading: float = 0.0, owner: int = 0) -> Mesh:
        """The same object turned to ``heading`` (radians) and moved to ``(x, y)``."""
        cos, sin = math.cos(heading), math.sin(heading)
        turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
        moved = self.points @ turn + np.array([x, y, 0.0], np.float32)
        owners = np.full(len(self.points), owner, np.int32)
        return Mesh(moved, self.normals @ turn, self.colors, self.glow, self.ids, self.rank, owners)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """One batch of several; owners are kept as they are."""
    if not meshes:
        return Shaper(0).mesh()
    names = Mesh.__dataclass_fields__
    return Mesh(**{n: np.concatenate([getattr(m, n) for m in meshes]) for n in names})


def _outward(
    corners: Sequence[Sequence[float]], away: Sequence[float]
) -> tuple[float, float, float]:
    """Unit normal of a quad on the side that faces off the point ``away``."""
    a, b, c, d = corners
    ux, uy, uz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    vx, vy, vz = d[0] - b[0], d[1] - b[1], d[2] - b[2]
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    size = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    off = sum(n * ((a[k] + b[k] + c[k] + d[k]) / 4 - away[k]) for k, n in enumerate((x, y, z)))
    if off < 0:
        size = -size
    return x / size, y / size, z / size


@dataclass
class Shaper:
    """Collects the quads of one object of class ``ids``."""

    ids: int
    points: list[Sequence[Sequence[float]]] = field(default_factory=list)
    normals: list[tuple[float, float, float]] = field(default_factory=list)
    looks: list[tuple[Color, float, int, int]] = field(default_factory=list)

    def quad(
        self,
        corners: Sequence[Sequence[float]],
        color: Color,
        *,
        rank: int = 0,
        glow: float = 0.0,
        away: Sequence[float] | None = None,
        ids: int | None = None,
    ) -> None:
        """Add a quad; with ``away`` it is seen only from the side that faces off that point."""
        normal = (0.0, 0.0, 0.0)
        if away is not None:
            normal = _outward(corners, away)
        self.points.append(corners)
        self.normals.append(normal)
        self.looks.append((color, glow, self.ids if ids is None else ids, rank))

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: tuple[float, float],
        color: Color,
        *,
        rank: int = 0,
        top: Color | None = None,
        ids: int | None = None,
    ) -> None:
        """Add an upright box without its bottom."""
        ends = [(x[0], z[0], z[1], y), (x[1], z[0], z[1], y)]
        self.loft(ends, color, rank=rank, top=top, ids=ids)

    def loft(
        self,
        stations: Sequence[tuple[float, float, float, tuple[float, float]]],
        color: Color,
        *,
        rank: int = 0,
        top: Color | None = None,
        ids: int | None = None,
    ) -> None:
        """Add a hull over stations ``(x, bottom, top, (y0, y1))`` from back to front."""
        middle = [
            sum(s[0] for s in stations) / len(stations),
            sum(s[3][0] + s[3][1] for s in stations) / (2 * len(stations)),
            sum(s[1] + s[2] for s in stations) / (2 * len(stations)),
        ]

        def add(corners: list[list[float]], shade: Color) -> None:
            self.quad(corners, shade, rank=rank, away=middle, ids=ids)

        for (xa, ba, ta, ya), (xb, bb, tb, yb) in pairwise(stations):
            for side in (0, 1):
                add([[xa, ya[side], ba], [xb, yb[side], bb], [xb, yb[side], tb],
                     [xa, ya[side], ta]], color)  # fmt: skip
            add([[xa, ya[0], ta], [xb, yb[0], tb], [xb, yb[1], tb], [xa, ya[1], ta]], top or color)
        for x, b, t, y in (stations[0], stations[-1]):
            add([[x, y[0], b], [x, y[1], b], [x, y[1], t], [x, y[0], t]], color)

    def disc(
        self,
        center: Sequence[float],
        radius: float,
        color: Color,
        *,
        side: float,
        rank: int = 0,
        glow: float = 0.0,
        axis: str = "y",
    ) -> None:
        """Add an octagon that faces along ``side`` times the axis ``x`` or ``y``."""
        x, y, z = center
        ring = []
        for k in range(8):
            a, b = (radius * f((k + 0.5) * math.pi / 4) for f in (math.cos, math.sin))
            ring.append([x + a, y, z + b] if axis == "y" else [x, y + a, z + b])
        behind = [x, y - side, z] if axis == "y" else [x - side, y, z]
        for i in (0, 2, 4):
            corners = [ring[0], ring[i + 1], ring[i + 2], ring[(i + 3) % 8]]
            self.quad(corners, color, rank=rank, glow=glow, away=behind)

    def mesh(self) -> Mesh:
        """The batch, with owner 0."""
        n = len(self.points)
        looks = self.looks
        return Mesh(
            np.array(self.points, np.float32).reshape(n, 4, 3),
            np.array(self.normals, np.float32).reshape(n, 3),
            np.array([c for c, _, _, _ in looks], np.float32).reshape(n, 3),
            np.array([g for _, g, _, _ in looks], np.float32).reshape(n),
            np.array([i for _, _, i, _ in looks], np.int32).reshape(n),
            np.array([r for _, _, _, r in looks], np.int32).reshape(n),
            np.zeros(n, np.int32),
        )
