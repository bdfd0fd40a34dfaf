# SPDX-License-Identifier: Apache-2.0
"""Where the drive runs, in CARLA's world: x east, y south, yaw to the right, from distance 0 on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.road import CHUNK, CHUNKS_PER_CELL, Layout, Line, Road
from unet_perception.playback.street.scene import lane

_GRID = 4.0  # metres between the points that the search for the nearest begins with


@dataclass(frozen=True)
class Place:
    """A point of the road.

    Attributes:
        x: Metres east.
        y: Metres south.
        z: Metres up; the street is level.
        yaw: Degrees to the right of east.
    """

    x: float
    y: float
    z: float
    yaw: float


class Track:
    """The line that a street's seed makes, with random access.

    The first point of the centre line is the origin. Where a chunk begins is kept for all chunks
    up to the farthest one asked for, 16 bytes for each 64 m.
    """

    def __init__(self, seed: int) -> None:
        """Nothing is measured before it is asked for."""
        self.road = Road(seed)
        self._ahead: list[tuple[float, float]] = [(0.0, 0.0)]
        self._behind: list[tuple[float, float]] = [(0.0, 0.0)]
        self._last: tuple[int, Line] | None = None
        self._map: tuple[float, NDArray[np.float64]] | None = None

    def layout(self, distance: float) -> Layout:
        """The road's cross-section."""
        return self.road.layout(math.floor(distance / (CHUNK * CHUNKS_PER_CELL)))

    def place(self, distance: float, right: float | None = None) -> Place:
        """The road's point at metres along the drive.

        Args:
            distance: Metres from the start; may be negative.
            right: Metres to the right of the centre line; None takes where the ego drives.
        """
        number = math.floor(distance / CHUNK)
        along = distance - number * CHUNK
        line = self._line(number)
        x, y = line.at(along, lane(self.road, distance) if right is None else right)
        east, north = self._origin(number)
        return Place(east + x, -(north + y), 0.0, -math.degrees(line.heading(along)))

    def nearest(self, x: float, y: float, length: float = 4000.0) -> float:
        """The distance along the drive, 0 to ``length``, at which the ego is nearest a point."""
        if self._map is None or self._map[0] != length:
            steps = np.arange(0.0, length + _GRID, _GRID).clip(max=length)
            places = [self.place(float(s)) for s in steps]
            self._map = (
                length,
                np.array([(p.x, p.y, s) for p, s in zip(places, steps, strict=True)]),
            )
        near = self._map[1]
        best = float(near[np.argmin(np.hypot(near[:, 0] - x, near[:, 1] - y)), 2])
        at = self.place(best)
        turn = math.radians(at.yaw)
        # Along the road from the nearest point of the grid on.
        rest = (x - at.x) * math.cos(turn) + (y - at.y) * math.sin(turn)
        return min(length, max(0.0, best + min(_GRID, max(-_GRID, rest))))

    def _line(self, number: int) -> Line:
        if self._last is None or self._last[0] != number:
            self._last = (number, self.road.line(number))
        return self._last[1]

    def _origin(self, number: int) -> tuple[float, float]:
        """Where a chunk begins: metres east and north."""
        while number >= len(self._ahead):
            x, y = self._ahead[-1]
            dx, dy = self.road.line(len(self._ahead) - 1).end
            self._ahead.append((x + float(dx), y + float(dy)))
        while -number >= len(self._behind):
            x, y = self._behind[-1]
            dx, dy = self.road.line(-len(self._behind)).end
            self._behind.append((x - float(dx), y - float(dy)))
        return self._ahead[number] if number >= 0 else self._behind[-number]
