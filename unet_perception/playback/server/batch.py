# SPDX-License-Identifier: Apache-2.0
"""Batches of commands: ``[[index, fields]]`` each, answered one by one."""

from __future__ import annotations

from typing import Any

from unet_perception.playback.server import actions
from unet_perception.playback.server.world import RefusedError, World
from unet_perception.playback.transform import Transform

SPAWN, DESTROY, CONSOLE = 0, 1, 20
COMMANDS = 22
ACTIONS: dict[int, actions.Action] = {
    2: actions.control_vehicle,
    4: actions.control_walker,
    6: actions.set_transform,
    16: actions.set_autopilot,
    18: actions.set_lights,
    19: actions.set_location,
}
"""By index. What remains changes physics and debugging aids that this world has not."""

NEW_ACTOR = 0
"""In a spawn command's own commands this id stands for the actor that it spawned."""


def run_batch(world: World, commands: list[Any]) -> list[Any]:
    """Carry out commands; return for each the actor's id or the reason why it failed."""
    return [_run(world, command) for command in commands]


def _run(world: World, command: Any, new_actor: int = NEW_ACTOR) -> list[Any]:
    [(index, fields)] = command
    try:
        if index == SPAWN:
            return [[1, _spawn(world, fields)]]
        if index == CONSOLE:
            return [[1, 0]]
        actor_id = int(fields[0]) or new_actor
        if index == DESTROY:
            if not world.destroy(actor_id):
                raise RefusedError(f"unable to destroy actor {actor_id}: not found")
            return [[1, actor_id]]
        actor = world.actor(actor_id)
        if not 0 <= index < COMMANDS:
            raise RefusedError(f"unknown command {index}")
        if action := ACTIONS.get(index):
            action(world, actor, fields[1])
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
