# SPDX-License-Identifier: Apache-2.0
"""Batches of commands: ``[[index, fields]]`` each, answered one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from unet_perception.playback.server.actors import Actor, Vehicle, Walker
from unet_perception.playback.server.wire import VehicleControl, vehicle_details, walker_details
from unet_perception.playback.server.world import RefusedError, World
from unet_perception.playback.transform import Transform

SPAWN, DESTROY, VEHICLE_CONTROL, _, WALKER_CONTROL, _, TRANSFORM = range(7)
AUTOPILOT, LIGHTS, LOCATION, CONSOLE = 16, 18, 19, 20
COMMANDS = 22
NEW_ACTOR = 0
"""In a spawn command's own commands this id stands for the actor that it spawned."""

MAX_WALK = 1e3
"""Of each number of a walker's direction, whose length multiplies its speed, and of that."""


def run_batch(world: World, commands: list[Any]) -> list[Any]:
    """Carry out commands; return for each the actor's id or the reason why it failed."""
    return [_run(world, command) for command in commands]


def _run(world: World, command: Any, new_actor: int = NEW_ACTOR) -> list[Any]:
    [(index, fields)] = command
    try:
        if index == SPAWN:
            return [[1, _spawn(world, fields)]]
        actor_id = int(fields[0]) or new_actor if index != CONSOLE else 0
        if index == DESTROY:
            if not world.destroy(actor_id):
                raise RefusedError(f"unable to destroy actor {actor_id}: not found")
        elif index != CONSOLE:
            _command(world, index, world.actor(actor_id), fields[1:])
        return [[1, actor_id]]
    except RefusedError as refusal:
        return [[0, [str(refusal)]]]


def _spawn(world: World, fields: list[Any]) -> int:
    # The attachment type is not read: without a parent the client sends whatever its
    # memory holds.
    description, place, (attached, *parent), _, _, after = fields
    actor = world.spawn(description, Transform.from_rpc(place), parent[0] if attached else 0)
    for command in after:
        _run(world, command, actor.id)
    return actor.id


def _command(world: World, index: int, actor: Actor, values: list[Any]) -> None:
    if not 0 <= index < COMMANDS:
        raise RefusedError(f"unknown command {index}")
    if index == TRANSFORM:
        world.move(actor.id, Transform.from_rpc(values[0]))
    elif index == LOCATION:
        world.move(actor.id, Transform.from_rpc([values[0], actor.transform[3:]]))
    elif action := _ACTIONS.get(index):
        action(actor, values)
    # What remains changes physics and debugging aids that this world has not.


def control_vehicle(actor: Actor, values: list[Any]) -> None:
    """Take a driver's command."""
    if not isinstance(actor, Vehicle):
        raise RefusedError(f"actor {actor.id} is not a vehicle")
    control = VehicleControl(*values[0])
    _check_finite(control[:3])
    # What does not fit the wire must not get into the world: every later frame would fail.
    vehicle_details(control, 0.0)
    actor.control = control


def control_walker(actor: Actor, values: list[Any]) -> None:
    """Take a pedestrian's command."""
    if not isinstance(actor, Walker):
        raise RefusedError(f"actor {actor.id} is not a walker")
    (x, y, z), speed, jump = values[0]
    walker_details((x, y, z), speed, jump)
    _check_finite((x, y, z, speed))
    if max(abs(x), abs(y), abs(z), abs(speed)) > MAX_WALK:
        raise RefusedError(f"a walker's direction and speed are up to {MAX_WALK:g}")
    actor.direction, actor.speed, actor.jump = (x, y, z), speed, jump


def _check_finite(numbers: Iterable[float]) -> None:
    # One that is not stays in the world: every place that is computed from it is none.
    if not all(math.isfinite(number) for number in numbers):
        raise RefusedError("a control must have finite numbers")


def set_lights(actor: Actor, values: list[Any]) -> None:
    """Switch a vehicle's lights."""
    if not isinstance(actor, Vehicle):
        raise RefusedError(f"actor {actor.id} is not a vehicle")
    [lights] = values[0]
    if not (isinstance(lights, int) and 0 <= lights < 1 << 32):
        raise RefusedError(f"light state is {lights!r}; it must be 32 bits")
    actor.lights = lights


def set_autopilot(actor: Actor, values: list[Any]) -> None:
    """Let the traffic manager drive, or not any more."""
    if not isinstance(actor, Vehicle):
        raise RefusedError(f"actor {actor.id} is not a vehicle")
    actor.autopilot = bool(values[0])


_ACTIONS: dict[int, Callable[[Actor, list[Any]], None]] = {
    VEHICLE_CONTROL: control_vehicle,
    WALKER_CONTROL: control_walker,
    AUTOPILOT: set_autopilot,
    LIGHTS: set_lights,
}
