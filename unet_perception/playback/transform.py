# SPDX-License-Identifier: Apache-2.0
"""CARLA's transforms: Unreal's left-handed axes, x ahead, y right, z up; degrees and metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LIMIT = 1e7
"""Metres or degrees; beyond it single precision has no sense."""


class Transform(NamedTuple):
    """Where something is and which way it looks."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0

    @classmethod
    def from_rpc(cls, value: Sequence[Any]) -> Transform:
        """Read ``[[x, y, z], [pitch, yaw, roll]]``.

        Raises:
            ValueError: It is something else.
        """
        (x, y, z), (pitch, yaw, roll) = value
        numbers = cls(*(float(number) for number in (x, y, z, pitch, yaw, roll)))
        if not all(abs(number) <= LIMIT for number in numbers):
            raise ValueError(f"a transform must consist of numbers up to {LIMIT:g}")
        return numbers

    def to_rpc(self) -> list[list[float]]:
        """Return ``[[x, y, z], [pitch, yaw, roll]]``."""
        return [list(self[:3]), list(self[3:])]

    def after(self, child: Transform) -> Transform:
        """Return, in this one's parent axes, what ``child`` is in this one's own axes."""
        turn = self._matrix()
        place = (np.array(self[:3]) + turn @ np.array(child[:3])).tolist()
        pitch, yaw, roll = _angles(turn @ child._matrix())
        return Transform(place[0], place[1], place[2], pitch, yaw, roll)

    def seen_from(self, origin: Transform) -> Transform:
        """Return this one in the axes of ``origin``; both are given in the same axes."""
        back = origin._matrix().T
        place = (back @ (np.array(self[:3]) - np.array(origin[:3]))).tolist()
        pitch, yaw, roll = _angles(back @ self._matrix())
        return Transform(place[0], place[1], place[2], pitch, yaw, roll)

    def _matrix(self) -> NDArray[np.float64]:
        # Columns are the forward, right and up vectors, as carla.Transform.get_matrix has them.
        cp, sp = math.cos(math.radians(self.pitch)), math.sin(math.radians(self.pitch))
        cy, sy = math.cos(math.radians(self.yaw)), math.sin(math.radians(self.yaw))
        cr, sr = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        return np.array(
            [
                [cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr],
                [cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr],
                [sp, -cp * sr, cp * cr],
            ]
        )


def _angles(matrix: NDArray[np.float64]) -> tuple[float, float, float]:
    pitch = math.asin(max(-1.0, min(1.0, float(matrix[2, 0]))))
    yaw = math.atan2(matrix[1, 0], matrix[0, 0])
    roll = math.atan2(-matrix[2, 1], matrix[2, 2])
    return math.degrees(pitch), math.degrees(yaw), math.degrees(roll)
