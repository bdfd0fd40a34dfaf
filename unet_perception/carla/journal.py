# SPDX-License-Identifier: Apache-2.0
"""What a session changed on a server, on disk, so that a later one can put it back.

It is written before the server is changed. A session that ends well removes its own.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from unet_perception.carla.owner import Owner, this_process
from unet_perception.errors import ConfigError
from unet_perception.files.atomic import replace_bytes
from unet_perception.files.documents import DocumentError, parse_json, read_text

Settings = Mapping[str, Any]

FORMAT = 1


@dataclass(frozen=True)
class ActorNote:
    """An actor that a session spawned, or is about to.

    Attributes:
        id: Its number on the server; None until the server has told it.
        type_id: Its blueprint.
        role_name: Its role name.
    """

    id: int | None
    type_id: str
    role_name: str


@dataclass(frozen=True)
class Record:
    """The contents of one journal.

    Attributes:
        server: ``address:port`` of the server, with the host's name resolved.
        episode: The world that the actors are in.
        owner: The process of the session.
        created: When it began, in seconds since 1970.
        original: Settings to go back to; None when they are not changed.
        applied: Settings that the session put in their place.
        actors: What it spawned.
        abandoned: The session ended and could not put everything back.
    """

    server: str
    episode: int
    owner: Owner = field(default_factory=this_process)
    created: float = field(default_factory=time.time)
    original: Settings | None = None
    applied: Settings | None = None
    actors: tuple[ActorNote, ...] = ()
    abandoned: bool = False

    @property
    def orphaned(self) -> bool:
        """Nobody will put this back any more."""
        return self.abandoned or self.owner.dead()


class Journal:
    """The journal of one session, as a file that is always whole.

    Args:
        record: What it begins with.

    Attributes:
        record: What is in it.
    """

    def __init__(self, record: Record) -> None:
        """Choose a file; ``write`` makes it."""
        self.record = record
        self._path = state_folder() / f"carla-{secrets.token_hex(8)}.json"

    def update(self, **changes: Any) -> None:
        """Replace fields of the record and write all of it."""
        self.record = replace(self.record, **changes)
        self.write()

    def write(self) -> None:
        """Put the record on disk in one step."""
        write_record(self._path, self.record)

    def expect(self, type_id: str, role_name: str) -> None:
        """Note an actor that is about to be spawned."""
        self.update(actors=(*self.record.actors, ActorNote(None, type_id, role_name)))

    def add(self, actors: Iterable[ActorNote]) -> None:
        """Note actors that have been spawned; they take the place of what was expected."""
        notes = list(self.record.actors)
        for actor in actors:
            expected = replace(actor, id=None)
            if expected in notes:
                notes.remove(expected)
            notes.append(actor)
        self.update(actors=tuple(notes))

    def forget(self, gone: Callable[[ActorNote], bool]) -> None:
        """Strike actors out."""
        self.update(actors=tuple(note for note in self.record.actors if not gone(note)))

    def remove(self) -> None:
        """Everything is as before: delete the file."""
        self._path.unlink(missing_ok=True)


def state_folder() -> Path:
    """Return where journals lie, by the XDG rules."""
    base = os.environ.get("XDG_STATE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    return root / "unet_perception"


def write_record(path: Path, record: Record) -> None:
    """Write a record in one step, into a folder to which its owner alone has access.

    Raises:
        ConfigError: The folder cannot be written.
    """
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        replace_bytes(path, text.encode("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"cannot note in {path.parent} what is changed on the server ({error.strerror}): "
            "make it writable, or point XDG_STATE_HOME to a folder that is"
        ) from error


def read_records(folder: Path | None = None) -> dict[Path, Record]:
    """Return all journals by file, the oldest first; what is not a journal is left alone."""
    found: dict[Path, Record] = {}
    for path in (folder or state_folder()).glob("carla-*.json"):
        record = _read(path)
        if record is not None:
            found[path] = record
    return dict(sorted(found.items(), key=lambda item: item[1].created))


def _read(path: Path) -> Record | None:
    try:
        data = parse_json(read_text(path))
        if data.pop("format") != FORMAT:
            return None
        owner = Owner(**data.pop("owner"))
        actors = tuple(ActorNote(**note) for note in data.pop("actors"))
        record = Record(owner=owner, actors=actors, **data)
        return record if _is_sound(record) else None
    except (OSError, DocumentError, TypeError, KeyError, AttributeError):
        # Another session may just have removed it; a newer version's layout is not ours to use.
        return None


def _is_sound(record: Record) -> bool:
    """Return whether each value is of the kind that was written."""
    owner = record.owner
    return (
        isinstance(record.server, str)
        and type(record.episode) is int
        and isinstance(record.created, (int, float))
        and all(isinstance(x, dict | None) for x in (record.original, record.applied))
        and isinstance(record.abandoned, bool)
        and isinstance(owner.host, str)
        and type(owner.pid) is int
        and type(owner.start) is int
        and all(
            isinstance(note.type_id, str)
            and isinstance(note.role_name, str)
            and isinstance(note.id, int | None)
            for note in record.actors
        )
    )
