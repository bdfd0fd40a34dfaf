# SPDX-License-Identifier: Apache-2.0
"""What moves: cars, trucks, buses, cyclists and walkers, each a function of time alone.

Travellers of one kind share one speed and stand in numbered slots of a frame that moves with
them, so where any of them is at any time needs no history.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from unet_perception.playback.street.hashing import key, unit
from unet_perception.playback.street.mesh import Mesh
from unet_perception.playback.street.road import CELL
from unet_perception.playback.street.sprites import PHASES, Sprite
from unet_perception.playback.street.world import World

SPEED = 8.0  # metres per second of the ego where nobody else drives it
AHEAD = 150.0
_LEAD_PERIOD = 55.0  # seconds from one car ahead of us to the next


@dataclass(frozen=True, eq=False)
class Mover:
    """Something on the road at absolute arclength ``s``, metres right, turned by ``turn``."""

    s: float
    right: float
    turn: float
    mesh: Mesh | None
    sprites: tuple[Sprite, ...]
    size: tuple[float, float, float]


@dataclass(frozen=True)
class Reach:
    """Where and when movers are looked for: round arclength ``s``, from ``behind`` metres back."""

    s: float
    seconds: float
    behind: float

    def slots(self, speed: float, gap: float) -> list[tuple[int, float]]:
        """Slots in sight and the arclength of each one's middle."""
        shift = speed * self.seconds
        first = math.floor((self.s - self.behind - shift) / gap)
        last = math.ceil((self.s + AHEAD - shift) / gap)
        return [(k, k * gap + shift) for k in range(first, last + 1)]


def movers(world: World, reach: Reach) -> list[Mover]:
    """Everything that moves within sight of the ego."""
    return _vehicles(world, reach) + _walkers(world, reach)


def _vehicle(world: World, pick: int) -> tuple[Mesh, tuple[float, float, float]]:
    library = world.library
    kind = pick % 16
    if kind == 0:
        return library.buses[(pick >> 8) % len(library.buses)], (11.0, 2.4, 2.9)
    if kind in (1, 2):
        return library.trucks[(pick >> 8) % len(library.trucks)], (7.5, 2.3, 3.0)
    return library.cars[(pick >> 8) % len(library.cars)], (4.3, 1.7, 1.1)


def _vehicles(world: World, reach: Reach) -> list[Mover]:
    found: list[Mover] = []
    seed, seconds = world.seed, reach.seconds
    for slot, at in reach.slots(-9.0, 38.0):
        if unit(seed, 40, slot) < 0.5:
            mesh, size = _vehicle(world, key(seed, 41, slot))
            place = at + 20.0 * unit(seed, 42, slot)
            lane = world.road.layout(math.floor(place / CELL)).oncoming
            found.append(Mover(place, lane, math.pi, mesh, (), size))
    for slot, at in reach.slots(11.0, 60.0):
        place = at + 30.0 * unit(seed, 44, slot)
        layout = world.road.layout(math.floor(place / CELL))
        if layout.lanes == 2 and unit(seed, 43, slot) < 0.45:
            mesh, size = _vehicle(world, key(seed, 45, slot))
            found.append(Mover(place, 1.9, 0.0, mesh, (), size))
    epoch, phase = divmod(seconds / _LEAD_PERIOD, 1.0)
    number = int(epoch)
    if unit(seed, 46, number) < 0.75:
        mesh, size = _vehicle(world, key(seed, 47, number))
        near = 10.0 + 14.0 * unit(seed, 48, number) + size[0] / 2
        # It goes ahead of an ego of the street's own speed. One that is driven otherwise may meet
        # it, and then it is not there rather than in the way.
        place = SPEED * seconds + near + 150.0 * math.cos(math.pi * phase) ** 2
        if place > reach.s + 0.5 * near:
            lane = world.road.layout(math.floor(place / CELL)).lane
            found.append(Mover(place, lane, 0.0, mesh, (), size))
    for slot, at in reach.slots(4.5, 90.0):
        if unit(seed, 49, slot) < 0.5:
            place = at + 40.0 * unit(seed, 50, slot)
            layout = world.road.layout(math.floor(place / CELL))
            lane = layout.half - 0.9 if not layout.parking else layout.parking - 1.9
            pair = world.library.cyclists[key(seed, 51, slot) % len(world.library.cyclists)]
            found.append(Mover(place, lane + 0.3, 0.0, None, pair, (1.6, 0.5, 1.2)))
    return found


def _walkers(world: World, reach: Reach) -> list[Mover]:
    found: list[Mover] = []
    seed, seconds = world.seed, reach.seconds
    for number, (side, speed) in enumerate(((1, 1.3), (1, -1.2), (-1, 1.25), (-1, -1.35))):
        for slot, at in reach.slots(speed, 17.0):
            if unit(seed, 60 + number, slot) > 0.42:
                continue
            place = at + 12.0 * unit(seed, 70 + number, slot)
            layout = world.road.layout(math.floor(place / CELL))
            right = side * (layout.half + 1.3 + (layout.walk - 2.2) * unit(seed, 80 + number, slot))
            people = world.library.walkers
            pictures = people[key(seed, 90 + number, slot) % len(people)]
            step = int((seconds * 0.95 + unit(seed, 95, slot)) * PHASES) % PHASES
            found.append(Mover(place, right, 0.0, None, (pictures[step],), (0.4, 0.5, 1.7)))
    return found
