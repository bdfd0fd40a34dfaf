# SPDX-License-Identifier: Apache-2.0
"""What sessions that died left on a server, and its removal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import carla

from unet_perception.carla.actors import role_name
from unet_perception.carla.frames import wait_for_first
from unet_perception.carla.journal import Record, Settings, read_records, write_record
from unet_perception.carla.owner import owner_of


@dataclass(frozen=True)
class Leftovers:
    """Journals about one server.

    Attributes:
        orphans: Journals of sessions that ended without putting everything back, by file.
        stale: Files of journals about worlds that the server has since replaced.
        living: Processes that have a session with this server now.
    """

    orphans: dict[Path, Record]
    stale: tuple[Path, ...]
    living: tuple[int, ...]

    def original(self, current: Settings) -> Settings | None:
        """Return the settings from before the oldest orphan that still has its settings on.

        Settings that somebody changed since are not ours to take back.
        """
        for record in self.orphans.values():
            if record.original is not None and record.applied == current:
                return record.original
        return None


def find_leftovers(server: str, episode: int) -> Leftovers:
    """Read all journals about a server, known by its address and the world that it runs."""
    orphans: dict[Path, Record] = {}
    stale, living = [], []
    for path, record in read_records().items():
        if record.server != server:
            continue
        if not record.orphaned:
            living.append(record.owner.pid)
        elif record.episode == episode:
            orphans[path] = record
        else:
            stale.append(path)
    return Leftovers(orphans, tuple(stale), tuple(living))


def sweep(
    client: carla.Client, world: carla.World, leftovers: Leftovers, keep_settings: bool
) -> tuple[str, ...]:
    """Destroy what dead sessions left, delete their journals, and return what was destroyed.

    A synchronous server that nobody ticks shows no actors; it is left to a later session.

    Args:
        client: The connected client.
        world: Its world.
        leftovers: What ``find_leftovers`` found.
        keep_settings: Keep journals that have settings to go back to, for a later session
            that may change settings.
    """
    if not wait_for_first(world):
        return ()
    orphans = [actor for actor in world.get_actors() if _orphaned(actor, leftovers)]
    for actor in orphans:
        if actor.type_id == "controller.ai.walker":
            actor.stop()
    # Sensors and controllers have higher numbers than what they are attached to: those first.
    orphans.sort(key=lambda actor: actor.id, reverse=True)
    client.apply_batch_sync([carla.command.DestroyActor(actor.id) for actor in orphans], False)
    for path, record in leftovers.orphans.items():
        if keep_settings and record.original is not None:
            write_record(path, Record(**{**vars(record), "actors": ()}))
        else:
            path.unlink(missing_ok=True)
    for path in leftovers.stale:
        path.unlink(missing_ok=True)
    return tuple(f"{actor.type_id} {actor.id}" for actor in orphans)


def _orphaned(actor: carla.Actor, leftovers: Leftovers) -> bool:
    """Tell whether an actor's tag names a process that has no session, or a journal names it."""
    role = role_name(actor)
    owner = owner_of(role)
    if owner is not None:
        # A process that gave a session up may have actors that it was never told of.
        gave_up = any(record.owner == owner for record in leftovers.orphans.values())
        if owner.dead() or (gave_up and owner.pid not in leftovers.living):
            return True
    return any(
        note.type_id == actor.type_id and note.role_name == role and note.id in (None, actor.id)
        for record in leftovers.orphans.values()
        for note in record.actors
    )
