# SPDX-License-Identifier: Apache-2.0
"""Actors that a session spawned: each is in the journal before anything can go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import carla

from unet_perception.carla.answers import translate, translated, unanswered
from unet_perception.carla.interrupts import Interrupts
from unet_perception.carla.journal import ActorNote, Journal
from unet_perception.carla.owner import owner_of, this_process
from unet_perception.errors import SimulatorError

SETTLE = 0.2
"""Seconds without a tick after which no image is on its way any more."""


@dataclass(frozen=True)
class Wish:
    """An actor to be spawned.

    Attributes:
        blueprint: What it is, with its role name set.
        transform: Where it is: in the world, or relative to its parent.
        parent: What it is attached to, or None.
    """

    blueprint: carla.ActorBlueprint
    transform: carla.Transform
    parent: carla.Actor | None = None

    @property
    def note(self) -> ActorNote:
        """What the journal says about it before it has a number."""
        return ActorNote(None, self.blueprint.id, role_name(self.blueprint))


class Actors:
    """Spawns and destroys, and keeps the journal in step.

    Args:
        client: The connected client.
        world: Its world.
        address: ``host:port`` for messages.
        journal: Where they are noted.
        interrupts: Holds signals back between a spawn and its note.
        ticks: Whether frames come when this session asks for them, and not else.

    Attributes:
        world: As given, as are ``address`` and ``ticks``.
    """

    def __init__(
        self,
        client: carla.Client,
        world: carla.World,
        address: str,
        journal: Journal,
        interrupts: Interrupts,
        ticks: bool,
    ) -> None:
        """Own nothing yet."""
        self._client = client
        self.world = world
        self.address = address
        self._journal = journal
        self._interrupts = interrupts
        self.ticks = ticks
        self._owned: dict[int, carla.Actor] = {}

    @property
    def owned(self) -> tuple[carla.Actor, ...]:
        """What was spawned and not destroyed, the oldest first."""
        return tuple(self._owned.values())

    def blueprint(
        self, type_id: str, role: str, attributes: Mapping[str, str]
    ) -> carla.ActorBlueprint:
        """Return a blueprint with its attributes set.

        Raises:
            SimulatorError: The server has no such blueprint, or it no such attribute.
        """
        with translated(self.address, "list its blueprints"):
            library = self.world.get_blueprint_library()
        try:
            blueprint = library.find(type_id)
        except IndexError as error:
            raise SimulatorError(f"CARLA at {self.address} has no blueprint {type_id}") from error
        for key, value in attributes.items():
            try:
                blueprint.set_attribute(key, value)
            except (IndexError, ValueError) as error:
                known = ", ".join(sorted(item.id for item in blueprint if item.is_modifiable))
                raise SimulatorError(
                    f"{type_id} takes no attribute {key}={value}; it takes {known}"
                ) from error
        if blueprint.has_attribute("role_name"):
            blueprint.set_attribute("role_name", role)
        return blueprint

    def wish(
        self,
        type_id: str,
        name: str,
        transform: carla.Transform,
        attributes: Mapping[str, str] | None = None,
        parent: carla.Actor | None = None,
    ) -> Wish:
        """Describe an actor that is tagged as this process's own.

        Raises:
            SimulatorError: There is no such blueprint, or it has no such attribute.
        """
        blueprint = self.blueprint(type_id, this_process().tag(name), attributes or {})
        return Wish(blueprint, transform, parent)

    def spawn(self, wish: Wish) -> carla.Actor:
        """Spawn one actor.

        Raises:
            SimulatorError: The server refused; the message has its reason.
        """
        tagged = owner_of(wish.note.role_name) is not None
        with self._interrupts.critical():
            if not tagged:
                # Nobody could find it by a tag if the process died before its number is noted.
                self._journal.expect(wish.note.type_id, wish.note.role_name)
            try:
                actor = self.world.spawn_actor(wish.blueprint, wish.transform, wish.parent)
            except RuntimeError as error:
                if not unanswered(error):
                    self._journal.forget(lambda note: note == wish.note)
                raise translate(
                    error, self.address, f"spawn {wish.note.type_id} ({wish.note.role_name})"
                ) from error
            self._own([actor])
        return actor

    def spawn_all(self, wishes: Sequence[Wish]) -> list[carla.Actor | str]:
        """Spawn tagged actors in one frame; returns each, or the reason why it was refused."""
        commands = []
        for wish in wishes:
            parent = () if wish.parent is None else (wish.parent,)
            commands.append(carla.command.SpawnActor(wish.blueprint, wish.transform, *parent))
        with self._interrupts.critical(), translated(self.address, "spawn actors"):
            # Never with do_tick: the client would wait for the frame while it holds the GIL.
            answers = self._client.apply_batch_sync(commands, False)
            ids = [answer.actor_id for answer in answers if not answer.has_error()]
            found = {actor.id: actor for actor in self.world.get_actors(ids)}
            self._own(found.values())
        return [
            " ".join(answer.error.split()) if answer.has_error() else found[answer.actor_id]
            for answer in answers
        ]

    def destroy(self, actors: Iterable[carla.Actor]) -> None:
        """Stop actors and destroy them, the newest first.

        Destroying by number works before the tick that makes a new actor visible, when
        ``Actor.destroy`` would do nothing.

        Raises:
            SimulatorError: The server refused some that are still there.
        """
        actors = list(actors)[::-1]
        self.stop(actors)
        refused = []
        with self._interrupts.critical(), translated(self.address, "destroy actors"):
            commands = [carla.command.DestroyActor(actor.id) for actor in actors]
            answers = self._client.apply_batch_sync(commands, False)
            present = self.world.get_snapshot()
            for actor, answer in zip(actors, answers, strict=True):
                if answer.has_error() and present.has_actor(actor.id):
                    refused.append(f"{actor.type_id} {actor.id} ({answer.error})")
                else:
                    self._owned.pop(actor.id, None)
            self._journal.forget(lambda note: note.id is not None and note.id not in self._owned)
        if refused:
            raise SimulatorError(f"CARLA at {self.address} refused to destroy {'; '.join(refused)}")

    def stop(self, actors: Iterable[carla.Actor]) -> None:
        """End the callbacks of sensors and the walks of walkers among the actors.

        carla 0.9.16 takes an image that it is reading as its sensor stops for zeros, and those for
        a collision, and ends the process with ``std::bad_cast``: 1 of some hundred stops. So
        images in flight are waited for, where a session can stop them.
        """
        actors = list(actors)
        if self.ticks and any(map(_listens, actors)):
            time.sleep(SETTLE)
        for actor in actors:
            if _listens(actor):
                actor.stop()
            elif actor.type_id == "controller.ai.walker":
                with translated(self.address, "stop a walker"):
                    actor.stop()

    def _own(self, actors: Iterable[carla.Actor]) -> None:
        actors = list(actors)
        self._owned.update((actor.id, actor) for actor in actors)
        self._journal.add(ActorNote(actor.id, actor.type_id, role_name(actor)) for actor in actors)


def _listens(actor: carla.Actor) -> bool:
    return bool(actor.type_id.startswith("sensor.") and actor.is_listening())


def role_name(thing: carla.Actor | carla.ActorBlueprint) -> str:
    """Return the role name of an actor or a blueprint; empty where there is none."""
    if isinstance(thing, carla.ActorBlueprint):
        return thing.get_attribute("role_name").as_str() if thing.has_attribute("role_name") else ""
    return str(thing.attributes.get("role_name", ""))
