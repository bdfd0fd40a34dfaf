# SPDX-License-Identifier: Apache-2.0
"""A bag that is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rosbags.rosbag2 import Reader

from unet_perception.bags.messages import in_words
from unet_perception.errors import DatasetError
from unet_perception.files.documents import DocumentError, parse_yaml, read_text

METADATA = "metadata.yaml"
_INFORMATION = "rosbag2_bagfile_information"
MAX_CHUNK = 1 << 30
"""Bytes that a chunk of an MCAP file says it unpacks to; recorders write some megabytes."""

SUFFIXES = {".mcap": "mcap", ".db3": "sqlite3"}
"""Files that can be read without their folder, and their storage."""

Message = tuple[Any, int, bytes]
"""Connection, the bag's timestamp in ns, and the serialised message."""


class BagSource:
    """A rosbag2 folder, or one of its files; to be used with ``with``.

    Attributes:
        path: Where it is.
        storage: ``sqlite3`` or ``mcap``.
        compression: ``file`` or ``message`` where rosbag2 compressed it, ``storage`` where MCAP's
            own chunks are compressed, else empty.
        custom: What whoever recorded it has noted in its metadata.
        connections: Topics, as ``rosbags`` describes them.
        count: Messages that it says it has.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            DatasetError: It is no bag, or cannot be read.
        """
        self.path = Path(path)
        _refuse_strangers(self.path)
        information = _information(self.path)
        try:
            self._reader = Reader(self.path)
            self._reader.open()
            _refuse_bombs(self._reader)
        except Exception as error:
            # Whatever the library meets in a damaged file: its own errors, and those of YAML,
            # SQLite, zstd and of unpacking bytes.
            raise self._unreadable(error) from error
        self.storage = str(information.get("storage_identifier") or SUFFIXES[self.path.suffix])
        self.compression = self._reader.compression_mode or _chunk_compression(self._reader)
        custom = information.get("custom_data")
        self.custom: dict[str, str] = custom if isinstance(custom, dict) else {}
        # A file of another recorder may have a topic twice, once for each publisher.
        self.connections: list[Any] = list(
            {(one.topic, one.msgtype): one for one in reversed(self._reader.connections)}.values()
        )[::-1]
        self.count = int(self._reader.message_count)

    def messages(self, connections: Sequence[Any] = ()) -> Iterator[Message]:
        """Yield the messages of some topics, or of all, by their time.

        Raises:
            DatasetError: The bag is damaged.
        """
        stream = iter(self._reader.messages(list(connections) or self.connections))
        while True:
            try:
                message = next(stream)
            except StopIteration:
                return
            except Exception as error:
                raise self._unreadable(error) from error
            yield message

    def first(self, connection: Any) -> bytes | None:
        """Return the first message of a topic, or None where it has none.

        Raises:
            DatasetError: The bag is damaged.
        """
        if not connection.msgcount:
            return None
        return next((data for _, _, data in self.messages([connection])), None)

    def close(self) -> None:
        """Close the files."""
        self._reader.close()

    def __enter__(self) -> BagSource:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the files."""
        self.close()

    def _unreadable(self, error: Exception) -> DatasetError:
        return DatasetError(
            f"{self.path}: cannot be read as a bag, it is damaged or was cut off: "
            f"{in_words(error)} (ros2 bag reindex, or mcap recover, may mend it)"
        )


def _refuse_strangers(path: Path) -> None:
    if not path.exists():
        raise DatasetError(f"{path}: there is no such bag")
    if path.is_dir():
        if not (path / METADATA).is_file():
            files = any(file.suffix in SUFFIXES for file in path.iterdir())
            fix = f": ros2 bag reindex {path} writes it" if files else ""
            raise DatasetError(f"{path}: is no bag, it has no {METADATA}{fix}")
    elif path.suffix == ".bag":
        raise DatasetError(
            f"{path}: is a bag of ROS 1; rosbags-convert --src {path} --dst "
            f"{path.with_suffix('')} makes one of ROS 2"
        )
    elif path.suffix not in SUFFIXES:
        raise DatasetError(
            f"{path}: is no bag; it must be the folder of a rosbag2 or a file "
            f"{' or '.join(SUFFIXES)}"
        )


def _information(path: Path) -> dict[str, Any]:
    if path.is_file():
        return {}
    # Before the library reads it, which knows no limits.
    try:
        metadata = parse_yaml(read_text(path / METADATA))
    except (OSError, DocumentError) as error:
        raise DatasetError(f"{path / METADATA}: cannot be read: {error}") from error
    information = metadata.get(_INFORMATION) if isinstance(metadata, dict) else None
    if not isinstance(information, dict):
        raise DatasetError(f"{path / METADATA}: has no {_INFORMATION}")
    return information


def _refuse_bombs(reader: Any) -> None:
    for chunk in _chunks(reader):
        if chunk.uncompressed_size > MAX_CHUNK:
            raise ValueError(f"a chunk of {chunk.uncompressed_size} bytes; at most {MAX_CHUNK}")


def _chunk_compression(reader: Any) -> str:
    return "storage" if any(chunk.compression for chunk in _chunks(reader)) else ""


def _chunks(reader: Any) -> list[Any]:
    files = getattr(reader.storage, "storages", [reader.storage])
    return [chunk for file in files for chunk in getattr(file, "chunks", ())]
