# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera that looks down the built-in street."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError

# Nearer than this (metres) nothing is drawn; polygons are cut at this plane.
NEAR = 0.25


def check_range(key: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless ``low <= value <= high`` (a NaN never is)."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and low <= value <= high):
        raise ConfigError(f"{key} is {value!r}: it must be a number from {low:g} to {high:g}")


@dataclass(frozen=True)
class CameraModel:
    """A level pinhole camera on the ego vehicle.

    Attributes:
        width: picture width in pixels, 64 to 4096.
        height: picture height in pixels, 64 to 4096.
        fov: horizontal field of view in degrees, 20 to 140 (CARLA's ``fov``).
        elevation: height of the lens above the road in metres, 0.8 to 5.
        horizon: row of the horizon as a fraction of the height, 0.2 to 0.8.

    Raises:
        ConfigError: a value is outside its range.
    """

    width: int = 800
    height: int = 600
    fov: float = 90.0
    elevation: float = 1.7
    horizon: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values that no camera has."""
        for key in ("width", "height"):
            value = getattr(self, key)
            check_range(key, value, 64, 4096)
            if not isinstance(value, int):
                raise ConfigError(f"{key} is {value!r}: it must be a whole number of pixels")
        check_range("fov", self.fov, 20.0, 140.0)
        check_range("elevation", self.elevation, 0.8, 5.0)
        check_range("horizon", self.horizon, 0.2, 0.8)

    @cached_property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / (2.0 * math.tan(math.radians(self.fov) / 2.0))

    @cached_property
    def center(self) -> tuple[float, float]:
        """Principal point ``(u, v)`` in pixels; ``v`` is the horizon's row."""
        return self.width / 2.0, self.height * self.horizon

    @property
    def horizon_row(self) -> int:
        """First row that shows ground."""
        return math.ceil(self.height * self.horizon)

    def project(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pixels ``(..., 2)`` of camera points ``(..., 3)`` (right, up, ahead; metres).

        Points nearer than `NEAR` are projected as if they were on that plane.
        """
        scale = np.float32(self.focal) / np.maximum(points[..., 2], np.float32(NEAR))
        cu, cv = self.center
        out = np.empty((*points.shape[:-1], 2), np.float32)
        out[..., 0] = cu + points[..., 0] * scale
        out[..., 1] = cv - points[..., 1] * scale
        return out


@dataclass(frozen=True)
class Viewpoint:
    """Where the lens is: plane position in metres, heading in radians, height in metres."""

    x: float
    y: float
    heading: float
    elevation: float

    def view(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Camera coordinates (right, up, ahead) of world points ``(..., 3)`` (x, y, up)."""
        return np.asarray((points - self.lens) @ self._turn, np.float32)

    @cached_property
    def lens(self) -> NDArray[np.float32]:
        """The lens as a world point (x, y, up)."""
        return np.array([self.x, self.y, self.elevation], np.float32)

    @cached_property
    def _turn(self) -> NDArray[np.float32]:
        cos, sin = math.cos(self.heading), math.sin(self.heading)
        return np.array([[sin, 0.0, cos], [-cos, 0.0, sin], [0.0, 1.0, 0.0]], np.float32)


def clip_near(polygon: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut a camera-space polygon ``(n, 3)`` at the near plane; may return no points."""
    depth = polygon[:, 2]
    inside = depth >= NEAR
    if inside.all():
        return polygon
    after = np.roll(polygon, -1, axis=0)
    crossing = inside != np.roll(inside, -1)
    step = np.where(crossing, after[:, 2] - depth, np.float32(1.0))
    share = (np.float32(NEAR) - depth) / step
    met = polygon + (after - polygon) * share[:, None]
    # Each corner is followed by the point where its edge meets the plane; most are then dropped.
    both = np.stack([polygon, met], axis=1).reshape(-1, 3)
    return np.asarray(both[np.stack([inside, crossing], axis=1).ravel()], np.float32)
