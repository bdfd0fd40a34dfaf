# SPDX-License-Identifier: Apache-2.0
"""Built engines on disk: found by what they were built from, never by a name alone.

Any number of processes may ask for one engine at a time: one builds it, the others wait and
then read it. A process that dies in mid-build leaves nothing that is ever read.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from unet_perception.engines.cache_entry import Entry, Key, key_digest, pack, unpack
from unet_perception.engines.file_lock import locked
from unet_perception.engines.progress import REPORT_S, Report, reporting
from unet_perception.errors import EngineError
from unet_perception.files.atomic import sync_folder
from unet_perception.files.ownership import read_own, who_else_writes

T = TypeVar("T")

FOLDER_VARIABLE = "XDG_CACHE_HOME"
BUILDING = "building the engine"
"""How the lines of a build begin."""

SUFFIX = ".engine"
REJECTED_SUFFIX = ".rejected"
MAX_ENTRY_BYTES = 4 << 30


class EntryRefusedError(EngineError):
    """A stored engine is not what its file says: it is set aside and built again."""


@dataclass(frozen=True)
class Obtained(Generic[T]):
    """An engine that is ready.

    Attributes:
        engine: The engine.
        built: Whether it was built now, rather than read.
        note: How it came about, in words.
        path: Its file.
    """

    engine: T
    built: bool
    note: str
    path: Path


class EngineCache:
    """A folder of built engines that belongs to one user."""

    def __init__(self, folder: Path, report: Report, every_s: float = REPORT_S) -> None:
        """Open the folder, which is made if there is none.

        Args:
            folder: Where the engines are; see ``default_folder``.
            report: Takes a line every few seconds while something takes long, from any thread.
            every_s: Seconds between such lines.

        Raises:
            EngineError: The folder cannot be made, or others may write into it or put another
                one in its place: an engine may hold code for the processor.
        """
        self._folder = Path(folder)
        self._report = report
        self._every_s = every_s
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            reason = who_else_writes(self._folder)
        except OSError as error:
            raise EngineError(f"engine cache {self._folder} cannot be made: {error}") from error
        if reason:
            raise EngineError(
                f"engine cache {self._folder}: {reason}; run chmod go-w on it, or "
                f"set {FOLDER_VARIABLE} to a folder of your own"
            )

    def obtain(
        self,
        key: Key,
        build: Callable[[], tuple[T, Entry]],
        load: Callable[[Entry], T],
    ) -> Obtained[T]:
        """Return the engine for a key, read or built.

        Args:
            key: All that the engine depends on.
            build: Builds it; returns the engine and what is to be kept of it.
            load: Makes the engine from what was kept, and proves that it works.

        Raises:
            EngineError: It cannot be built, or ``load`` failed for another reason than
                ``EntryRefusedError``.
        """
        digest = key_digest(key)
        path = self._folder / f"{digest}{SUFFIX}"
        with locked(path.with_suffix(".lock"), self._report, self._every_s):
            reason = "there was none yet"
            if os.path.lexists(path):
                try:
                    return Obtained(load(self._read(path, key)), False, "read from the cache", path)
                except EntryRefusedError as error:
                    reason = str(error)
                    self._set_aside(path, reason)
            with reporting(BUILDING, self._report, self._every_s) as passed:
                engine, entry = build()
            note = f"built in {passed():.0f} s: {reason}"
            try:
                self.write(path.name, pack(key, entry))
            except EngineError as error:
                # The engine is here and works: a full disk costs the next start, not this one.
                self._report(f"{error}; the next start builds it again")
                note += ", and could not be kept"
            return Obtained(engine, True, note, path)

    def write(self, name: str, data: bytes) -> None:
        """Write a file in one step: readers see the old one or the new one, whole.

        Raises:
            EngineError: The folder cannot be written.
        """
        path = self._folder / name
        fresh = self._folder / f".{name}.{os.getpid()}.new"
        try:
            self._sweep(name)
            with fresh.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            sync_folder(self._folder)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise EngineError(f"engine cache {path} cannot be written: {error}") from error

    def keep(self, name: str, key: Key, entry: Entry) -> None:
        """Write an entry that only saves time: a folder that is full is told, no error."""
        try:
            self.write(name, pack(key, entry))
        except EngineError as error:
            self._report(str(error))

    def read(self, name: str, key: Key) -> Entry | None:
        """Return what ``keep`` wrote under a name; None if it is absent or damaged."""
        try:
            return self._read(self._folder / name, key)
        except EntryRefusedError:
            return None

    def _read(self, path: Path, key: Key) -> Entry:
        try:
            return unpack(read_own(path, MAX_ENTRY_BYTES), key)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise EngineError(f"engine cache {path} cannot be read: {error}") from error
            raise EntryRefusedError(f"{path.name} cannot be read: {error}") from error
        except MemoryError as error:
            # Neither says anything about the file: it stays.
            raise EngineError(
                f"engine cache {path} cannot be read: the memory is used up"
            ) from error
        except ValueError as error:
            raise EntryRefusedError(f"{path.name} {error}") from error

    def _set_aside(self, path: Path, reason: str) -> None:
        rejected = path.with_suffix(REJECTED_SUFFIX)
        try:
            path.replace(rejected)
        except OSError as error:
            raise EngineError(
                f"engine cache {path} is refused ({reason}) and cannot be set aside: {error}"
            ) from error
        self._report(f"the stored engine is refused and built again: {reason}; see {rejected}")

    def _sweep(self, name: str) -> None:
        # What a process left that died while it wrote; one that lives is under the same lock,
        # or writes the same bytes for anyone.
        for leftover in self._folder.glob(f".{name}.*.new"):
            match = re.fullmatch(r"\.(\d+)\.new", leftover.name.removeprefix(f".{name}"))
            if match and not _is_alive(int(match[1])):
                leftover.unlink(missing_ok=True)


def default_folder() -> Path:
    """Return the user's folder of built engines: ``$XDG_CACHE_HOME/unet_perception/engines``."""
    given = os.environ.get(FOLDER_VARIABLE, "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return base / "unet_perception" / "engines"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
