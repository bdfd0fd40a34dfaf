# SPDX-License-Identifier: Apache-2.0
"""What can be done with an actor, by a call of its own or as a command of a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from unet_perception.playback.server.actors import Actor, Vehicle, Walker
from unet_perception.playback.server.wire import VehicleControl, vehicle_details, walker_details
from unet_perception.playback.server.world import RefusedError, World
from unet_perception.playback.transform import Transform

MAX_WALK = 1e3
"""Of each number of a walker's direction, whose length multiplies its speed, and of that."""

Action = Callable[[World, Actor, Any], None]
"""Takes the world, one of its actors, and the value that a client sent."""


def set_transform(world: World, actor: Actor, value: Any) -> None:
    """Put an actor elsewhere."""
    world.move(actor, Transform.from_rpc(value))


def set_location(world: World, actor: Actor, value: Any) -> None:
    """Put an actor elsewhere; it looks as before."""
    world.move(actor, Transform.from_rpc([value, actor.transform[3:]]))


def control_vehicle(_world: World, actor: Actor, value: Any) -> None:
    """Take a driver's command."""
    vehicle = _vehicle(actor)
    control = VehicleControl(*value)
    _check_finite(control[:3])
    # What does not fit the wire must not get into the world: every later frame would fail.
    vehicle_details(control, 0.0)
    vehicle.control = control


def control_walker(_world: World, actor: Actor, value: Any) -> None:
    """Take a pedestrian's command."""
    if not isinstance(actor, Walker):
        raise RefusedError(f"actor {actor.id} is not a walker")
    (x, y, z), speed, jump = value
    walker_details((x, y, z), speed, jump)
    _check_finite((x, y, z, speed))
    if max(abs(x), abs(y), abs(z), abs(speed)) > MAX_WALK:
        raise RefusedError(f"a walker's direction and speed are up to {MAX_WALK:g}")
    actor.direction, actor.speed, actor.jump = (x, y, z), speed, jump


def set_lights(_world: World, actor: Actor, value: Any) -> None:
    """Switch a vehicle's lights."""
    vehicle = _vehicle(actor)
    [lights] = value
    if not (isinstance(lights, int) and 0 <= lights < 1 << 32):
        raise RefusedError(f"light state is {lights!r}; it must be 32 bits")
    vehicle.lights = lights


def set_autopilot(_world: World, actor: Actor, value: Any) -> None:
    """Let the traffic manager drive, or not any more."""
    _vehicle(actor).autopilot = bool(value)


def _vehicle(actor: Actor) -> Vehicle:
    if not isinstance(actor, Vehicle):
        raise RefusedError(f"actor {actor.id} is not a vehicle")
    return actor


def _check_finite(numbers: Iterable[float]) -> None:
    # One that is not stays in the world: every place that is computed from it is none.
    if not all(math.isfinite(number) for number in numbers):
        raise RefusedError("a control must have finite numbers")
