# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera on the ego vehicle, and what its lens does to points and polygons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError

# Nearer than this (metres) nothing is drawn; polygons are cut at this plane.
NEAR = 0.25
# A turned camera cuts polygons this many pixels beside the picture, for what runs past it reaches
# farther to the side than the drawing lattice does.
_ASIDE = 12000.0
_HORIZONS = (0.05, 0.95)

ELEVATIONS = (0.4, 6.0)
"""Metres above the road at which a lens can be."""

FORWARDS = (-10.0, 10.0)
"""Metres ahead of the vehicle's middle."""

RIGHTS = (-4.0, 4.0)
"""Metres to the right of it."""


def check_range(key: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless ``low <= value <= high`` (a NaN never is)."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and low <= value <= high):
        raise ConfigError(f"{key} is {value!r}: it must be a number from {low:g} to {high:g}")


@dataclass(frozen=True)
class CameraModel:
    """A pinhole camera on the ego vehicle, mounted as CARLA mounts one.

    Uprights stay upright at any pitch: it moves the horizon and does not turn the lens.

    Attributes:
        width: picture width in pixels, 64 to 4096.
        height: picture height in pixels, 64 to 4096.
        fov: horizontal field of view in degrees, 20 to 140 (CARLA's ``fov``).
        elevation: height of the lens above the road in metres, 0.4 to 6.
        horizon: row of the horizon as a fraction of the height, 0.2 to 0.8, at pitch 0.
        forward: metres from the vehicle's middle ahead to the lens, -10 to 10.
        right: metres from the vehicle's middle to the right, -4 to 4.
        yaw: degrees to the right of the vehicle's heading, -180 to 180.
        pitch: degrees upwards; so many that the horizon stays in the picture.

    Raises:
        ConfigError: a value is outside its range.
    """

    width: int = 800
    height: int = 600
    fov: float = 90.0
    elevation: float = 1.7
    horizon: float = 0.5
    forward: float = 0.0
    right: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values that no camera has."""
        for key in ("width", "height"):
            value = getattr(self, key)
            check_range(key, value, 64, 4096)
            if not isinstance(value, int):
                raise ConfigError(f"{key} is {value!r}: it must be a whole number of pixels")
        check_range("fov", self.fov, 20.0, 140.0)
        check_range("elevation", self.elevation, *ELEVATIONS)
        check_range("horizon", self.horizon, 0.2, 0.8)
        check_range("forward", self.forward, *FORWARDS)
        check_range("right", self.right, *RIGHTS)
        check_range("yaw", self.yaw, -180.0, 180.0)
        low, high = (
            math.degrees(math.atan((edge - self.horizon) * self.height / self.focal))
            for edge in _HORIZONS
        )
        check_range("pitch", self.pitch, low, high)

    @cached_property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / (2.0 * math.tan(math.radians(self.fov) / 2.0))

    @cached_property
    def center(self) -> tuple[float, float]:
        """Principal point ``(u, v)`` in pixels; ``v`` is the horizon's row."""
        rise = self.focal * math.tan(math.radians(self.pitch))
        return self.width / 2.0, self.height * self.horizon + rise

    @property
    def horizon_row(self) -> int:
        """First row that shows ground."""
        return math.ceil(self.center[1])

    @property
    def turned(self) -> bool:
        """Whether it looks elsewhere than straight ahead."""
        return self.yaw != 0.0

    @property
    def beam(self) -> float:
        """Share of what it sees ahead that the ego's headlights shine on, 0 to 1."""
        return max(0.0, math.cos(math.radians(self.yaw))) ** 2

    def from_ahead(
        self, right: NDArray[np.float32], ahead: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Turn metres right and ahead of the lens into metres right and ahead of the vehicle."""
        cos, sin = math.cos(math.radians(self.yaw)), math.sin(math.radians(self.yaw))
        return right * cos + ahead * sin, ahead * cos - right * sin

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

    def beside(self, pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which pixels ``(..., 2)`` lie so far beside the picture that polygons must be cut."""
        if not self.turned:
            return np.zeros(pixels.shape[:-1], np.bool_)
        return np.asarray(np.abs(pixels[..., 0]) > _ASIDE)

    def outline(self, polygon: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pixels ``(m, 2)`` of a polygon of camera points ``(n, 3)``, cut where it must be."""
        polygon = _cut(polygon, polygon[:, 2], NEAR)
        if self.turned and len(polygon):
            reach = np.float32(_ASIDE / self.focal)
            for side in (np.float32(1.0), np.float32(-1.0)):
                polygon = _cut(polygon, reach * polygon[:, 2] + side * polygon[:, 0], 0.0)
                if not len(polygon):
                    break
        return self.project(polygon)


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


def _cut(
    polygon: NDArray[np.float32], values: NDArray[np.float32], least: float
) -> NDArray[np.float32]:
    """Keep the part of a polygon ``(n, 3)`` where ``values``, known at its corners, is enough."""
    inside = values >= least
    if inside.all():
        return polygon
    crossing = inside != np.roll(inside, -1)
    step = np.where(crossing, np.roll(values, -1) - values, np.float32(1.0))
    share = (np.float32(least) - values) / step
    met = polygon + (np.roll(polygon, -1, axis=0) - polygon) * share[:, None]
    # Each corner is followed by the point where its edge is cut; most are then dropped.
    both = np.stack([polygon, met], axis=1).reshape(-1, 3)
    return np.asarray(both[np.stack([inside, crossing], axis=1).ravel()], np.float32)
