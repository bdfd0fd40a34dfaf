# SPDX-License-Identifier: Apache-2.0
"""Actors: what clients spawned, and how it moves from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unet_perception.playback.server.blueprints import Blueprint
from unet_perception.playback.server.wire import (
    ActorRecord,
    VehicleControl,
    vehicle_details,
    walker_details,
)
from unet_perception.playback.transform import LIMIT, Transform

CRUISE = 8.0
"""Metres per second of a vehicle at full throttle or on autopilot: the street's own pace."""

ACCELERATION, BRAKING = 4.0, 8.0
SPEED_LIMIT_KMH = 30.0

Vector = tuple[float, float, float]


@dataclass
class Actor:
    """Something in the world.

    Attributes:
        id: Its number, unique over all episodes of a server.
        blueprint: What it is.
        description: What the client sent, which it gets back unchanged.
        attributes: Values by name, defaults included.
        transform: In the world, or relative to ``parent`` where there is one.
        parent: What it is attached to.
        token: What tells a client where its stream is; only sensors have one.
    """

    id: int
    blueprint: Blueprint
    description: list[Any]
    attributes: Mapping[str, str]
    transform: Transform
    parent: Actor | None = None
    token: bytes = b""

    @property
    def world_transform(self) -> Transform:
        """Where it is in the world."""
        if self.parent is None:
            return self.transform
        return self.parent.world_transform.after(self.transform)

    @property
    def root(self) -> Actor:
        """What carries it: itself unless it is attached."""
        return self if self.parent is None else self.parent.root

    @property
    def depth(self) -> int:
        """How many actors it is attached to, one to another."""
        return 0 if self.parent is None else 1 + self.parent.depth

    def bounding_box(self) -> list[Any]:
        """Return location, half sizes, rotation and id."""
        extent = self.blueprint.extent
        return [[0.0, 0.0, extent[2]], list(extent), [0.0, 0.0, 0.0], self.id]

    def to_rpc(self) -> list[Any]:
        """Return what a client makes its own actor from."""
        parent = 0 if self.parent is None else self.parent.id
        return [self.id, parent, self.description, self.bounding_box(), b"", self.token]

    def record(self) -> ActorRecord:
        """Return its part of a world state."""
        return ActorRecord(self.id, self.world_transform, (0.0, 0.0, 0.0), b"")


@dataclass
class Vehicle(Actor):
    """A vehicle, which moves along the drive.

    Attributes:
        control: The driver's last command.
        autopilot: Whether a traffic manager drives it.
        distance: Metres along the drive.
        speed: Metres per second along the drive.
        lights: ``carla.VehicleLightState`` as bits.
    """

    control: VehicleControl = field(default_factory=VehicleControl)
    autopilot: bool = False
    distance: float = 0.0
    speed: float = 0.0
    lights: int = 0

    @property
    def wanted_speed(self) -> float:
        """The speed that the autopilot or the pedals ask for."""
        if self.autopilot:
            return CRUISE
        if self.control.hand_brake or self.control.brake > 0.0 or self.control.reverse:
            return 0.0
        return CRUISE * max(0.0, min(1.0, self.control.throttle))

    def advance(self, seconds: float) -> bool:
        """Drive on; return whether it moved."""
        change = self.wanted_speed - self.speed
        self.speed += max(-BRAKING * seconds, min(ACCELERATION * seconds, change))
        self.distance += self.speed * seconds
        return self.speed > 0.0

    def record(self) -> ActorRecord:
        """Return its part of a world state."""
        place = self.world_transform
        yaw = math.radians(place.yaw)
        velocity = (self.speed * math.cos(yaw), self.speed * math.sin(yaw), 0.0)
        control = self.control
        if self.autopilot:
            control = VehicleControl(throttle=0.5 if self.speed < CRUISE else 0.3, gear=1)
        return ActorRecord(self.id, place, velocity, vehicle_details(control, SPEED_LIMIT_KMH))


@dataclass
class Walker(Actor):
    """A pedestrian, which walks straight on as it is told."""

    direction: Vector = (1.0, 0.0, 0.0)
    speed: float = 0.0
    jump: bool = False

    def advance(self, seconds: float) -> None:
        """Walk on."""
        step = self.speed * seconds
        x, y, z = (
            max(-LIMIT, min(LIMIT, at + part * step))
            for at, part in zip(self.transform[:3], self.direction, strict=True)
        )
        self.transform = self.transform._replace(x=x, y=y, z=z)

    def record(self) -> ActorRecord:
        """Return its part of a world state."""
        x, y, z = (part * self.speed for part in self.direction)
        details = walker_details(self.direction, self.speed, self.jump)
        return ActorRecord(self.id, self.world_transform, (x, y, z), details)


@dataclass
class Sensor(Actor):
    """A sensor, whose data a client can subscribe to.

    Attributes:
        stream_id: Its stream.
        taken: Images made so far.
        due: Simulated second from which on it takes the next image.
    """

    stream_id: int = 0
    taken: int = 0
    due: float = 0.0
