# SPDX-License-Identifier: Apache-2.0
"""The centre line: an endless road of straight and curved stretches, known at any point.

The road runs in cells of 256 m from one junction to the next. A cell begins and ends straight
and turns in between, so the heading at any arclength follows from the two headings at its ends
alone; positions are kept relative to the 64 m chunk they lie in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.hashing import unit

CHUNK = 64.0
CHUNKS_PER_CELL = 4
CELL = CHUNK * CHUNKS_PER_CELL
STATION = 2.0
CROSS_HALF = 5.5  # half width of the street that crosses at a junction
_TURN_FROM, _TURN_TO = 48.0, 208.0

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """The cross-section of one cell, metres to the right of the centre line.

    Attributes:
        half: half width of the carriageway.
        lane: where the ego drives.
        oncoming: where oncoming traffic drives.
        walk: width of each pavement.
        parking: where parked cars stand, or 0 where none do.
        lanes: lanes in each direction.
        style: 0 downtown, 1 houses, 2 modern blocks, 3 works and park.
        centre: 0 double yellow, 1 dashed white, 2 solid and dashed yellow.
    """

    half: float
    lane: float
    oncoming: float
    walk: float
    parking: float
    lanes: int
    style: int
    centre: int

    @property
    def edge(self) -> float:
        """Outer edge of the pavement."""
        return self.half + self.walk


class Road:
    """Headings and points of the road that a seed makes."""

    def __init__(self, seed: int) -> None:
        """Any whole number is a road."""
        self.seed = seed
        self.stations: NDArray[np.float64] = np.arange(0.0, CHUNK + 0.5, STATION)

    def layout(self, cell: int) -> Layout:
        """Cross-section of a cell."""
        style = int(unit(self.seed, 11, cell) * 4)
        centre = int(unit(self.seed, 13, cell) * 3)
        pick = unit(self.seed, 12, cell)
        if pick < 0.4:
            return Layout(4.1, 2.0, -2.0, 3.4, 0.0, 1, style, centre)
        if pick < 0.75:
            return Layout(6.1, 1.9, -1.9, 3.0, 4.95, 1, style, centre)
        return Layout(7.4, 5.5, -1.9, 4.2, 0.0, 2, style, 0 if centre == 1 else centre)

    def _end_heading(self, cell: int) -> float:
        swing = 2.0 * unit(self.seed, 10, cell) - 1.0
        return 0.62 * math.copysign(abs(swing) ** 1.4, swing)

    def headings(self, chunk: int, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Headings in radians at metres ``along`` into a chunk."""
        cell, part = divmod(chunk, CHUNKS_PER_CELL)
        a, b = self._end_heading(cell), self._end_heading(cell + 1)
        t = np.clip((along + part * CHUNK - _TURN_FROM) / (_TURN_TO - _TURN_FROM), 0.0, 1.0)
        turned: NDArray[np.float64] = a + (b - a) * t * t * (3.0 - 2.0 * t)
        return turned

    def line(self, chunk: int) -> Line:
        """The centre line of a chunk."""
        headings = self.headings(chunk, self.stations)
        middles = self.headings(chunk, self.stations[:-1] + STATION / 2)
        steps = np.stack([np.cos(middles), np.sin(middles)], axis=1) * STATION
        points = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
        return Line(self.stations, points, headings)


@dataclass(frozen=True, eq=False)
class Line:
    """The centre line of one chunk, in axes of its own start: x east, y north."""

    stations: NDArray[np.float64]
    points: Points
    headings: NDArray[np.float64]

    @property
    def end(self) -> Points:
        """Where the next chunk starts."""
        end: Points = self.points[-1]
        return end

    def heading(self, along: float) -> float:
        """Heading at metres into the chunk."""
        return float(np.interp(along, self.stations, self.headings))

    def at(self, along: float, right: float) -> tuple[float, float]:
        """Point at metres into the chunk and metres to the right."""
        x, y = self.points_at(np.array([along]), np.array([right]))[0]
        return float(x), float(y)

    def points_at(self, along: NDArray[np.float64], right: NDArray[np.float64]) -> Points:
        """Points ``(n, 2)``; outside the chunk its straight continuation."""
        inner = np.clip(along, 0.0, CHUNK)
        heading = np.interp(inner, self.stations, self.headings)
        cos, sin = np.cos(heading), np.sin(heading)
        x = np.interp(inner, self.stations, self.points[:, 0]) + (along - inner) * cos
        y = np.interp(inner, self.stations, self.points[:, 1]) + (along - inner) * sin
        return np.stack([x + right * sin, y - right * cos], axis=1)
