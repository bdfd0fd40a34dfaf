# SPDX-License-Identifier: Apache-2.0
"""``manifest.jsonl``: one line for each pair. A pair exists if, and only if, its line does."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from unet_perception.dataset.entry import Entry
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import sync_folder

MANIFEST = "manifest.jsonl"
MAX_LINE = 1 << 20
"""Bytes of a line that are read; a hundred cameras take a tenth of it."""


def read_manifest(root: Path) -> list[Entry]:
    """Return the entries of a folder's manifest in their order; see ``iterate_manifest``."""
    return list(iterate_manifest(root))


def iterate_manifest(root: Path) -> Iterator[Entry]:
    """Yield the entries of a folder's manifest in their order, one at a time.

    A torn last line, which a crash leaves, is no entry.

    Raises:
        DatasetError: The file cannot be read, a line before the last is damaged, or the numbers
            do not run from 0 without gaps; the message names the line.
    """
    for entry, _ in _lines(Path(root) / MANIFEST):
        yield entry


class ManifestWriter:
    """Appends to a manifest, and keeps every other recorder out while it is open.

    Opening makes the file where there is none and cuts off a torn last line.

    Args:
        root: Dataset folder.

    Raises:
        DatasetError: The file cannot be written, is damaged, or another recorder has it.
    """

    def __init__(self, root: Path) -> None:
        """Open and lock it."""
        self.path = Path(root) / MANIFEST
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be written: {error.strerror}") from error
        try:
            self._open()
        except BaseException:
            os.close(self._file)
            raise

    def _open(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatasetError(f"{self.path.parent}: another recorder is writing there") from error
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be locked: {error.strerror}") from error
        self._size = max((end for _, end in _lines(self.path)), default=0)
        try:
            self.torn = os.fstat(self._file).st_size - self._size
            if self.torn:
                os.ftruncate(self._file, self._size)
            os.fsync(self._file)
            sync_folder(self.path.parent)
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be written: {error.strerror}") from error

    def append(self, entries: Sequence[Entry]) -> None:
        """Add lines, and have them on the disk when this returns.

        Raises:
            ManifestUnclear: It failed, and it is unknown whether the lines are there.
            DatasetError: It failed, and none of the lines is there.
        """
        data = "".join(entry.to_json() + "\n" for entry in entries).encode("utf-8")
        try:
            self._check_in_place()
        except OSError as error:
            raise self._refused(error) from error
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fdatasync(self._file)
        except OSError as error:
            self._take_back(error)
            raise self._refused(error) from error
        self._size += len(data)

    def close(self) -> None:
        """Close it and let other recorders in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _check_in_place(self) -> None:
        """Refuse to write into a file that is no longer the folder's manifest."""
        named, opened = os.stat(self.path), os.fstat(self._file)
        if not os.path.samestat(named, opened) or opened.st_size != self._size:
            raise DatasetError(f"{self.path}: was changed by somebody else while recording")

    def _take_back(self, reason: OSError) -> None:
        try:
            os.ftruncate(self._file, self._size)
            os.fsync(self._file)
        except OSError as error:
            raise ManifestUnclear(str(self._refused(reason))) from error

    def _refused(self, error: OSError) -> DatasetError:
        return DatasetError(f"{self.path}: cannot be written: {error.strerror}")


class ManifestUnclear(DatasetError):  # noqa: N818 - it says what is known, not what went wrong
    """Lines may or may not have reached the manifest: the files that they name must stay."""


def _lines(path: Path) -> Iterator[tuple[Entry, int]]:
    """Yield each entry with the offset behind its line."""
    end = 0
    damage: DatasetError | None = None
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b"")):
                if damage is not None:
                    raise damage
                try:
                    entry = Entry.from_json(line.decode("utf-8"))
                except ValueError as error:
                    # Only the last line may be torn: it is an error once another one follows.
                    damage = DatasetError(f"{path}: line {number + 1} is damaged: {error}")
                    continue
                if not line.endswith(b"\n"):
                    return
                if entry.number != number:
                    raise DatasetError(
                        f"{path}: line {number + 1} is pair {entry.name}; it must be {number:06d}"
                    )
                end += len(line)
                yield entry, end
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
