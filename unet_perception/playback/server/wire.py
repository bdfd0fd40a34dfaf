# SPDX-License-Identifier: Apache-2.0
"""CARLA 0.9.16's binary payloads: tokens, sensor headers, images, world states.

Little-endian and packed. A client that gets a wrong sensor type or length crashes, so these
layouts are exact for 0.9.16 alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from unet_perception.playback.transform import Transform

LENGTH = struct.Struct("<I")
STREAM_ID = struct.Struct("<I")

_TOKEN = struct.Struct("<IHBB16x")
_TOKEN_TCP = 1
_TOKEN_CLIENTS_OWN_HOST = 0

_SENSOR_HEADER = struct.Struct("<QQd6f")
_IMAGE_HEADER = struct.Struct("<IIf")
_WORLD_HEADER = struct.Struct("<QdfiiiI")
_ACTOR = struct.Struct("<IB15f54s")
_VEHICLE = struct.Struct("<fff???ifB?IB")
_WALKER = struct.Struct("<4f?")

ACTIVE = 1
"""``rpc::ActorState`` of an actor that takes part in the simulation."""

NO_LIGHT = 4
"""``rpc::TrafficLightState`` of a vehicle that no light concerns: unknown."""


class SensorType(IntEnum):
    """Index of a sensor's data in the registry that is compiled into the client."""

    RGB_CAMERA = 13
    SEMANTIC_CAMERA = 14
    WORLD = 17


class Instant(NamedTuple):
    """Number of a frame and the simulated seconds since the episode began."""

    frame: int
    seconds: float


class ActorRecord(NamedTuple):
    """One actor in a world state; vectors in metres, degrees and seconds."""

    id: int
    transform: Transform
    velocity: tuple[float, float, float]
    details: bytes


def token(stream_id: int, port: int) -> bytes:
    """Return the 24 bytes that tell a client where to subscribe, on the host it knows."""
    return _TOKEN.pack(stream_id, port, _TOKEN_TCP, _TOKEN_CLIENTS_OWN_HOST)


def image_header(
    kind: SensorType, instant: Instant, place: Transform, width: int, height: int, fov: float
) -> bytes:
    """Return what comes before a camera's ``4 * width * height`` bytes B, G, R, A."""
    return _SENSOR_HEADER.pack(kind, *instant, *place) + _IMAGE_HEADER.pack(width, height, fov)


def world_state(
    instant: Instant,
    episode: int,
    wall_seconds: float,
    delta_seconds: float,
    map_changed: bool,
    actors: Iterable[ActorRecord],
) -> bytes:
    """Return the state of the whole world at a frame; the map may be another one from now on."""
    head = _SENSOR_HEADER.pack(SensorType.WORLD, *instant, *Transform())
    head += _WORLD_HEADER.pack(episode, wall_seconds, delta_seconds, 0, 0, 0, map_changed)
    still = (0.0,) * 6
    records = [
        _ACTOR.pack(a.id, ACTIVE, *a.transform, *a.velocity, *still, a.details) for a in actors
    ]
    return b"".join([head, *records])


def vehicle_details(control: VehicleControl, speed_limit: float) -> bytes:
    """Return the part of an actor record that only vehicles have; speed limit in km/h."""
    return _VEHICLE.pack(*control, speed_limit, NO_LIGHT, False, 0, 0)


def walker_details(direction: tuple[float, float, float], speed: float, jump: bool) -> bytes:
    """Return the part of an actor record that only walkers have."""
    return _WALKER.pack(*direction, speed, jump)


class VehicleControl(NamedTuple):
    """What a driver does, as ``carla.VehicleControl`` says it."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: int = 0
