# SPDX-License-Identifier: Apache-2.0
"""Other vehicles and walkers, so that the cameras have something to see."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import carla

from unet_perception.carla.session import Session

WALKING_SPEED = 1.3
"""Metres each second."""

BESIDE = 4.0
"""Metres from a spawn point, which is on the road, to where a walker stands."""


@dataclass(frozen=True)
class TrafficCounts:
    """What could be spawned.

    Attributes:
        vehicles: Vehicles on autopilot.
        walkers: Walkers.
    """

    vehicles: int
    walkers: int


@dataclass(frozen=True)
class _Walk:
    """A walker and how it walks: where its controller wants, or else straight on."""

    walker: carla.Actor
    controller: carla.Actor | None
    direction: carla.Vector3D


def spawn_traffic(session: Session, vehicles: int, walkers: int, seed: int = 0) -> TrafficCounts:
    """Spawn vehicles that drive by themselves, and walkers; the session's end removes them.

    Fewer come where the town has no more free places.

    Args:
        session: An open session.
        vehicles: How many vehicles are wanted.
        walkers: How many walkers are wanted.
        seed: The same one gives the same traffic.

    Raises:
        SimulatorError: The server does not answer.
    """
    chance = random.Random(seed)
    with session.asked("spawn traffic"):
        driving = _spawn_vehicles(session, vehicles, chance) if vehicles else []
        walking = _spawn_walkers(session, walkers, chance) if walkers else []
        if driving or walking:
            # A new actor can be used once a frame has shown it.
            session.step()
        if driving:
            session.autopilot.seed(seed)
            session.autopilot.drive(driving)
        _start(session, walking)
    return TrafficCounts(len(driving), len(walking))


def _spawn_vehicles(session: Session, count: int, chance: random.Random) -> list[carla.Actor]:
    kinds = _kinds(session, "vehicle.*")
    points = session.world.get_map().get_spawn_points()
    chance.shuffle(points)
    spawned: list[carla.Actor] = []
    while kinds and points and len(spawned) < count:
        batch, points = points[: count - len(spawned)], points[count - len(spawned) :]
        wishes = [session.actors.wish(chance.choice(kinds), "traffic", point) for point in batch]
        answers = session.actors.spawn_all(wishes)
        spawned += [answer for answer in answers if not isinstance(answer, str)]
    return spawned


def _spawn_walkers(session: Session, count: int, chance: random.Random) -> list[_Walk]:
    kinds = _kinds(session, "walker.pedestrian.*")
    session.world.set_pedestrians_seed(chance.randrange(2**31))
    guided = session.world.get_random_location_from_navigation() is not None
    places = _walkways(session, count) if guided else _roadsides(session, count, chance)
    wishes = [
        session.actors.wish(chance.choice(kinds), "traffic", place) for place in places if kinds
    ]
    walks = [
        _Walk(walker, None, place.get_forward_vector())
        for walker, place in zip(session.actors.spawn_all(wishes), places, strict=False)
        if not isinstance(walker, str)
    ]
    if not guided:
        return walks
    wish, here = session.actors.wish, carla.Transform()
    wishes = [wish("controller.ai.walker", "traffic", here, parent=walk.walker) for walk in walks]
    return [
        walk if isinstance(controller, str) else replace(walk, controller=controller)
        for walk, controller in zip(walks, session.actors.spawn_all(wishes), strict=True)
    ]


def _start(session: Session, walks: list[_Walk]) -> None:
    for walk in walks:
        if walk.controller is None:
            walk.walker.apply_control(carla.WalkerControl(walk.direction, WALKING_SPEED))
            continue
        walk.controller.start()
        walk.controller.go_to_location(session.world.get_random_location_from_navigation())
        walk.controller.set_max_speed(WALKING_SPEED)


def _walkways(session: Session, count: int) -> list[carla.Transform]:
    """Return places on the navigation mesh."""
    places = (session.world.get_random_location_from_navigation() for _ in range(count))
    return [carla.Transform(place) for place in places if place is not None]


def _roadsides(session: Session, count: int, chance: random.Random) -> list[carla.Transform]:
    """Return places beside spawn points, for maps that have no navigation mesh."""
    points = session.world.get_map().get_spawn_points()
    chance.shuffle(points)
    places = []
    for point in points[:count]:
        right = point.get_right_vector()
        beside = point.location + carla.Location(right.x * BESIDE, right.y * BESIDE, 0.5)
        places.append(carla.Transform(beside, point.rotation))
    return places


def _kinds(session: Session, pattern: str) -> list[str]:
    return sorted(item.id for item in session.world.get_blueprint_library().filter(pattern))
