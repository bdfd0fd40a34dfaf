# SPDX-License-Identifier: Apache-2.0
"""A bag that is written: all that another one has, and more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rosbags.interfaces import (
    MessageDefinitionFormat,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import TypesysError, get_types_from_msg
from rosbags.typesys.store import Typestore

from unet_perception.bags.messages import in_words, standard_types
from unet_perception.bags.source import BagSource
from unet_perception.errors import DatasetError

VERSION = 8
"""Of the metadata: every release since Iron reads it."""

DEPTH = 10
"""Messages that a player keeps for a slow reader."""

NO_HASH = f"RIHS01_{'0' * 64}"
"""Where the hash of a type cannot be had; nothing that plays or shows bags looks at it."""

_NEVER = QosTime(9223372036, 854775807)
"""How rosbag2 writes that there is no deadline and no end of life."""


class BagSink:
    """A new bag with the topics of another one; to be used with ``with``."""

    def __init__(self, folder: Path, source: BagSource) -> None:
        """Begin it, in the storage and compression of the other.

        Args:
            folder: Does not exist; its name is that of the bag's file.
            source: Its topics are taken over.

        Raises:
            DatasetError: It cannot be written.
        """
        self._folder = folder
        self._undefined: list[str] = []
        with _writing(folder):
            self._writer = Writer(
                folder, version=VERSION, storage_plugin=StoragePlugin[source.storage.upper()]
            )
            if source.compression:
                mode = CompressionMode[source.compression.upper()]
                self._writer.set_compression(mode, CompressionFormat.ZSTD)
            for key, value in source.custom.items():
                self._writer.set_custom_data(key, str(value))
            self._writer.open()
            self._copies = {one.id: self._copy(one) for one in source.connections}

    @property
    def undefined(self) -> tuple[str, ...]:
        """Types of which neither the bag nor ROS's own packages have a definition."""
        return tuple(dict.fromkeys(self._undefined))

    def add(self, topic: str, type_name: str, latched: bool = False) -> Any:
        """Add a topic, reliable, and kept for those who come late if it is latched.

        Returns:
            What ``write`` takes.
        """
        with _writing(self._folder):
            return self._writer.add_connection(
                topic,
                type_name,
                typestore=standard_types(),
                offered_qos_profiles=[_reliable(latched)],
            )

    def copy(self, connection: Any, time: int, data: bytes) -> None:
        """Write a message of the other bag.

        Args:
            connection: The other bag's topic.
            time: Its timestamp there, in ns.
            data: As it is.

        Raises:
            DatasetError: It cannot be written.
        """
        self.write(self._copies[connection.id], time, data)

    def write(self, topic: Any, time: int, data: bytes | memoryview) -> None:
        """Write a message of a topic that was added; see ``copy``."""
        with _writing(self._folder):
            self._writer.write(topic, time, data)

    def __enter__(self) -> BagSink:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Finish the bag; after a failure give it up, files and all that is in them."""
        with _writing(self._folder):
            self._writer.__exit__(*error)

    def _copy(self, connection: Any) -> Any:
        text, digest = self._definition(connection)
        return self._writer.add_connection(
            connection.topic,
            connection.msgtype,
            msgdef=text,
            rihs01=digest,
            serialization_format=connection.ext.serialization_format,
            offered_qos_profiles=connection.ext.offered_qos_profiles,
        )

    def _definition(self, connection: Any) -> tuple[str, str]:
        name, text = connection.msgtype, str(connection.msgdef.data)
        if connection.msgdef.format != MessageDefinitionFormat.NONE:
            return text, connection.digest or _digest(name, text)
        # Bags of Humble and before define nothing.
        types = standard_types()
        if name in types.fielddefs:
            return types.generate_msgdef(name, ros_version=2)[0], types.hash_rihs01(name)
        self._undefined.append(name)
        return "", _digest(name, "")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Of the library, of SQLite on a full disk, of the file system.
        raise DatasetError(f"{folder}: cannot be written: {in_words(error)}") from error


def _digest(name: str, text: str) -> str:
    try:
        types = Typestore()
        types.register(get_types_from_msg(text, name))
        return str(types.hash_rihs01(name))
    except (TypesysError, LookupError, AssertionError):
        return NO_HASH


def _reliable(latched: bool) -> Qos:
    return Qos(
        QosHistory.KEEP_LAST,
        1 if latched else DEPTH,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        _NEVER,
        _NEVER,
        QosLiveliness.AUTOMATIC,
        _NEVER,
        False,
    )
