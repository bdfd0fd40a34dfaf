# SPDX-License-Identifier: Apache-2.0
"""The simulated world: one episode at a time, its actors, and how a frame moves them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from unet_perception.playback.server import blueprints
from unet_perception.playback.server.actors import Actor, Sensor, Vehicle, Walker
from unet_perception.playback.server.settings import EpisodeSettings
from unet_perception.playback.server.streams import Streams
from unet_perception.playback.server.wire import Instant, token, world_state
from unet_perception.playback.stage import START_TOWN, TOWNS, Stage
from unet_perception.playback.transform import Transform

MAPS = tuple(f"/Game/Carla/Maps/{town}" for town in TOWNS)
OPENDRIVE_TOWN = "OpenDriveMap"

SPAWN_POINTS = 100
SPAWN_START, SPAWN_GAP = 20.0, 15.0
CLEARANCE = 2.0
FIRST_ACTOR = 25
MAX_ACTORS = 4096
MAX_CHAIN = 8
"""Actors that may be attached one to another: each frame goes through all chains."""

KINDS: dict[str, type[Actor]] = {"vehicle": Vehicle, "walker": Walker, "sensor": Sensor}


def _word(value: Any) -> int:
    # What does not fit the wire must not get into the world.
    number = int(value)
    if not 0 <= number < 1 << 32:
        raise ValueError(f"{number} is no number of 32 bits")
    return number


class RefusedError(Exception):
    """CARLA says no; the client shows the text to its user."""


@dataclass
class World:
    """Everything that frames change and clients ask for; ``lock`` guards all of it.

    Attributes:
        streams: Where sensors publish.
        stage: What towns are like.
        check_camera: Raises ``RefusedError`` where a camera's view cannot be drawn.
        settings: The episode's settings.
        chosen_weather: The 14 weather parameters that a client set, if one did.
        spectator: The free camera that every episode has.
    """

    streams: Streams
    stage: Stage
    check_camera: Callable[[Actor], None]
    settings: EpisodeSettings = field(default_factory=EpisodeSettings)
    chosen_weather: tuple[float, ...] | None = None
    town: str = START_TOWN
    frame: int = 0
    seconds: float = 0.0
    index: int = 0
    actors: dict[int, Actor] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Begin the first episode."""
        self._numbers = count(FIRST_ACTOR)
        self._map_changed = False
        self.opendrive_text = ""
        self.stream_id = self.streams.open()
        self._begin(self.town)

    def _begin(self, town: str) -> None:
        # A client takes a world for a new one by its episode id alone.
        self.episode = secrets.randbits(62) | 1
        self.town = town
        self.drive = self.stage.drive(town)
        self.seconds = 0.0
        self.index = 0
        self.actors.clear()
        blueprint = blueprints.Blueprint(blueprints.SPECTATOR, ())
        description = [0, blueprint.id, []]
        self.spectator = Actor(next(self._numbers), blueprint, description, {}, Transform())
        self.actors[self.spectator.id] = self.spectator

    def load(self, name: str, reset_settings: bool) -> None:
        """Begin a new episode in a town; all actors are gone.

        Raises:
            RefusedError: No map is called so.
        """
        town = name.rsplit("/", 1)[-1] or self.town
        if town not in (*TOWNS, OPENDRIVE_TOWN):
            raise RefusedError(f"map not found: {name}; there are {', '.join(TOWNS)}")
        if reset_settings:
            self.settings = EpisodeSettings()
        for actor in self.actors.values():
            self._close(actor)
        self.chosen_weather = None
        if town != OPENDRIVE_TOWN:
            self.opendrive_text = ""
        self._map_changed = True
        self._begin(town)

    @property
    def weather(self) -> tuple[float, ...]:
        """The weather that is shown."""
        return self.chosen_weather or self.stage.weather(self.seconds)

    def map_info(self) -> list[Any]:
        """Return the name and the spawn points."""
        places = [
            self.drive.place(SPAWN_START + SPAWN_GAP * number) for number in range(SPAWN_POINTS)
        ]
        points = [place._replace(z=place.z + 0.3).to_rpc() for place in places]
        return [f"Carla/Maps/{self.town}", points]

    def map_data(self) -> str:
        """Return the road as OpenDRIVE."""
        return self.opendrive_text or self.drive.opendrive()

    def spawn(self, description: list[Any], transform: Transform, parent_id: int = 0) -> Actor:
        """Put an actor into the world.

        Args:
            description: Number, blueprint id and attributes, as the client sends them.
            transform: In the world, or relative to the parent.
            parent_id: What it is attached to; 0 for nothing.

        Raises:
            RefusedError: The blueprint or the parent does not exist, an attribute cannot be
                served, or the place is taken.
        """
        number, blueprint_id, given = description
        values = [(str(name), int(kind), str(value)) for name, kind, value in given]
        blueprint = blueprints.BLUEPRINTS.get(blueprint_id)
        if blueprint is None:
            raise RefusedError(f"Spawn failed: there is no blueprint {blueprint_id!r}")
        parent = self.actor(parent_id) if parent_id else None
        if parent is not None and parent.depth >= MAX_CHAIN:
            raise RefusedError(f"Spawn failed: more than {MAX_CHAIN} actors in a chain")
        if len(self.actors) >= MAX_ACTORS:
            raise RefusedError(f"Spawn failed: there are {MAX_ACTORS} actors already")
        attributes = {a.id: a.value for a in blueprint.attributes}
        attributes |= {name: value for name, _, value in values}
        family = blueprint.id.split(".")[0]
        if family == "vehicle" and parent is None:
            self._refuse_collision(transform)
        kind = KINDS.get(family, Actor)
        # Rebuilt: other clients are sent it, and one that cannot read it ends.
        echo = [_word(number), blueprint.id, [(a, _word(kind), b) for a, kind, b in values]]
        actor = kind(next(self._numbers), blueprint, echo, attributes, transform, parent)
        if isinstance(actor, Sensor):
            self.check_camera(actor)
            actor.stream_id = self.streams.open()
            actor.token = token(actor.stream_id, self.streams.port)
        elif isinstance(actor, Vehicle):
            actor.distance = self.drive.nearest(transform.x, transform.y)
        self.actors[actor.id] = actor
        return actor

    def _refuse_collision(self, place: Transform) -> None:
        for other in self.actors.values():
            at = other.transform
            apart = max(abs(at.x - place.x), abs(at.y - place.y), abs(at.z - place.z))
            if isinstance(other, Vehicle) and apart < CLEARANCE:
                raise RefusedError("Spawn failed because of collision at spawn position")

    def actor(self, actor_id: int) -> Actor:
        """Return an actor.

        Raises:
            RefusedError: There is none of that number.
        """
        actor = self.actors.get(actor_id)
        if actor is None:
            raise RefusedError(f"actor {actor_id} not found")
        return actor

    def destroy(self, actor_id: int) -> bool:
        """Remove an actor; return whether there was one. What is attached stays, as in CARLA."""
        actor = self.actors.get(actor_id)
        if actor is None or actor is self.spectator:
            return False
        del self.actors[actor_id]
        self._close(actor)
        return True

    def _close(self, actor: Actor) -> None:
        if isinstance(actor, Sensor):
            self.streams.end(actor.stream_id)

    def move(self, actor: Actor, place: Transform) -> None:
        """Put an actor elsewhere; a vehicle drives on from there."""
        actor.transform = place
        if isinstance(actor, Vehicle):
            actor.distance = self.drive.nearest(place.x, place.y)

    def step(self, elapsed: float) -> bytes:
        """Make the next frame; return its state for the world's stream.

        Args:
            elapsed: Wall-clock seconds since the last frame, for settings without a step.
        """
        delta = self.settings.delta or elapsed
        self.frame += 1
        self.index += 1
        self.seconds += delta
        for actor in self.actors.values():
            if isinstance(actor, Walker):
                actor.advance(delta)
            elif isinstance(actor, Vehicle) and actor.advance(delta):
                actor.transform = self.drive.place(actor.distance)
        changed, self._map_changed = self._map_changed, False
        records = [actor.record() for actor in self.actors.values()]
        return world_state(self.instant, self.episode, time.time(), delta, changed, records)

    @property
    def instant(self) -> Instant:
        """The newest frame."""
        return Instant(self.frame, self.seconds)
