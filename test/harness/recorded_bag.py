# SPDX-License-Identifier: Apache-2.0
"""Bags as rosbag2 records them, written and read by the ``rosbags`` library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
STRING = "std_msgs/msg/String"
WHEEL = "my_robot_msgs/msg/Wheel"
"""A type that is in none of ROS's own packages."""

CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}

TYPES = get_typestore(Stores.ROS2_KILTED)
TYPES.register(get_types_from_msg("float64 turns\nstring name\n", WHEEL))


@dataclass(frozen=True)
class Recorded:
    """One message of a bag."""

    topic: str
    type_name: str
    time: int
    data: bytes


def record(topic: str, time: int, message: Any) -> Recorded:
    name = message.__msgtype__
    return Recorded(topic, name, time, bytes(TYPES.serialize_cdr(message, name)))


def header(stamp_ns: int, frame_id: str = "ego_vehicle/rgb_front") -> Any:
    seconds, nanoseconds = divmod(stamp_ns, 10**9)
    stamp = TYPES.types["builtin_interfaces/msg/Time"](seconds, nanoseconds)
    return TYPES.types["std_msgs/msg/Header"](stamp, frame_id)


def image(
    rgb: np.ndarray, encoding: str, stamp_ns: int, /, padding: int = 0, **changes: Any
) -> Any:
    """A picture, RGB ``(H, W, 3)``, as a message; rows end with padding."""
    layout = {"mono8": "GRAY"}.get(encoding, encoding.rstrip("8").upper())
    code = getattr(cv2, f"COLOR_RGB2{layout}", None)
    pixels = rgb if code is None else cv2.cvtColor(rgb, code)
    rows = pixels.reshape(len(rgb), -1)
    data = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    fields: dict[str, Any] = {
        "header": header(stamp_ns),
        "height": rgb.shape[0],
        "width": rgb.shape[1],
        "encoding": encoding,
        "is_bigendian": 0,
        "step": data.shape[1],
        "data": data.reshape(-1),
    }
    return TYPES.types[IMAGE](**{**fields, **changes})


def compressed(rgb: np.ndarray, suffix: str, stamp_ns: int, format_: str) -> Any:
    done, data = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert done
    return TYPES.types[COMPRESSED](header(stamp_ns), format_, data.reshape(-1))


def text(words: str) -> Any:
    return TYPES.types[STRING](words)


def wheel(turns: float) -> Any:
    return TYPES.types[WHEEL](turns, "front left")


def write_bag(
    path: Path,
    storage: str,
    messages: Sequence[Recorded],
    qos: dict[str, Any] | None = None,
    compression: str = "",
) -> Path:
    """Write a rosbag2 folder and return it."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
    if compression:
        writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
    with writer:
        topics: dict[str, Any] = {}
        for one in messages:
            if one.topic not in topics:
                topics[one.topic] = writer.add_connection(
                    one.topic,
                    one.type_name,
                    typestore=TYPES,
                    offered_qos_profiles=[qos[one.topic]] if qos and one.topic in qos else [],
                )
            writer.write(topics[one.topic], one.time, one.data)
    return path


@dataclass(frozen=True)
class Contents:
    """What is in a bag."""

    messages: list[Recorded]
    qos: dict[str, list[Any]]
    types: dict[str, str]

    def of(self, topic: str) -> list[tuple[int, Any]]:
        """Times and messages of one topic."""
        return [
            (one.time, TYPES.deserialize_cdr(one.data, one.type_name))
            for one in self.messages
            if one.topic == topic
        ]


def read_bag(path: Path) -> Contents:
    with Reader(path) as reader:
        messages = [
            Recorded(c.topic, c.msgtype, t, bytes(data)) for c, t, data in reader.messages()
        ]
        qos = {c.topic: c.ext.offered_qos_profiles for c in reader.connections}
        types = {c.topic: c.msgtype for c in reader.connections}
    return Contents(messages, qos, types)
