# SPDX-License-Identifier: Apache-2.0
"""The vehicle that carries the cameras: adopted by its role name, or spawned."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import carla

from unet_perception.carla.actors import Actors, Wish, role_name
from unet_perception.carla.answers import translated
from unet_perception.errors import ConfigError, SimulatorError

DEFAULT_VEHICLE = "vehicle.tesla.model3"


def find_vehicle(actors: Actors, role: str) -> carla.Vehicle | None:
    """Return the oldest vehicle with a role name, whoever spawned it, or None."""
    with translated(actors.address, "list its actors"):
        found = actors.world.get_actors().filter("vehicle.*")
        vehicles = [vehicle for vehicle in found if role_name(vehicle) == role]
    return min(vehicles, key=lambda actor: actor.id, default=None)


def wait_for_vehicle(
    actors: Actors, role: str, timeout: float, step: Callable[[], object]
) -> carla.Vehicle:
    """Follow the server's frames until somebody has spawned a vehicle with a role name.

    Raises:
        SimulatorError: Nobody has in time; the message lists the roles that there are.
    """
    deadline = time.monotonic() + timeout
    while True:
        vehicle = find_vehicle(actors, role)
        if vehicle is not None:
            return vehicle
        if time.monotonic() >= deadline:
            break
        step()
    vehicles = actors.world.get_actors().filter("vehicle.*")
    roles = ", ".join(sorted({role_name(vehicle) for vehicle in vehicles} - {""}))
    raise SimulatorError(
        f"no vehicle at {actors.address} has the role name {role} within {timeout:g} s; "
        f"there are {roles or 'no vehicles with a role'}"
    )


def spawn_vehicle(
    actors: Actors, role: str, blueprint: str, spawn_point: int, seed: int
) -> carla.Vehicle:
    """Spawn a vehicle at one spawn point, or at the first free one in a seeded order.

    Args:
        actors: Spawns it and notes it.
        role: Its role name.
        blueprint: Blueprint id, or a pattern such as ``vehicle.audi.*`` to choose from.
        spawn_point: Index into the town's spawn points; -1 tries them all.
        seed: Decides the order, and the choice.

    Raises:
        ConfigError: There is no such vehicle or spawn point.
        SimulatorError: The server refused.
    """
    chance, world, address = random.Random(seed), actors.world, actors.address
    with translated(address, "list its blueprints"):
        found = sorted(item.id for item in world.get_blueprint_library().filter(blueprint))
    vehicles = [name for name in found if name.startswith("vehicle.")]
    if not vehicles:
        raise ConfigError(f"CARLA at {address} has no vehicle {blueprint}; vehicle.* takes any")
    chosen = actors.blueprint(chance.choice(vehicles), role, {})
    with translated(address, "list its spawn points"):
        points = world.get_map().get_spawn_points()
    if not -1 <= spawn_point < len(points):
        raise ConfigError(
            f"spawn_point is {spawn_point}; it must be 0 to {len(points) - 1}, "
            "or -1 for the first free one"
        )
    if spawn_point >= 0:
        return actors.spawn(Wish(chosen, points[spawn_point]))
    chance.shuffle(points)
    for number, point in enumerate(points, 1):
        try:
            return actors.spawn(Wish(chosen, point))
        except SimulatorError as error:
            if "collision" not in str(error) or number == len(points):
                raise
    raise SimulatorError(f"the town at {address} has no spawn points")
