# SPDX-License-Identifier: Apache-2.0
"""Bags, and the serialised messages in them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from fuzz.scratch import folder, put
from fuzz.target import Target

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
METADATA = "metadata.yaml"


def _read(path: Path) -> None:
    from unet_perception.bags.messages import read_message
    from unet_perception.bags.source import BagSource
    from unet_perception.errors import FrameError
    from unet_perception.imaging import frame_of

    with BagSource(path) as source:
        for connection, _, data in source.messages():
            if connection.msgtype in (IMAGE, COMPRESSED):
                with suppress(FrameError):
                    frame_of(read_message(data, connection.msgtype))


def _mcap(data: bytes) -> None:
    _read(put("bag.mcap", data))


def _sqlite(data: bytes) -> None:
    _read(put("bag.db3", data))


def _metadata(data: bytes) -> None:
    root = folder("bag") / "bag"
    if not root.is_dir():
        shutil.copytree(_bag("mcap", ""), root)
    (root / METADATA).write_bytes(data)
    _read(root)


def _message(name: str) -> Callable[[bytes], None]:
    def parse(data: bytes) -> None:
        from unet_perception.bags.messages import colourless, read_message, unreadable
        from unet_perception.imaging import frame_of

        message = read_message(data, name)
        unreadable(message, name)
        colourless(message, name)
        frame_of(message)

    return parse


@cache
def _bag(storage: str, compression: str) -> Path:
    harness = str(Path(__file__).parents[1] / "test" / "harness")
    sys.path.insert(0, harness)
    try:
        import recorded_bag as bags
    finally:
        sys.path.remove(harness)
    rgb = np.zeros((4, 6, 3), np.uint8)
    messages = [
        bags.record("/camera", 10, bags.image(rgb, "bgr8", 10)),
        bags.record("/packed", 20, bags.compressed(rgb, ".png", 20, "png")),
        bags.record("/words", 30, bags.text("hello")),
    ]
    path = folder("bags") / f"{storage}{compression}"
    bags.write_bag(path, storage, messages, compression=compression)
    return path


def _file(storage: str, suffix: str) -> bytes:
    return next(_bag(storage, "").glob(f"*{suffix}")).read_bytes()


def _metadata_seeds() -> Sequence[bytes]:
    return [(_bag("mcap", "").joinpath(METADATA)).read_bytes()]


def _message_seeds(topic: str) -> Callable[[], Sequence[bytes]]:
    def seeds() -> Sequence[bytes]:
        from unet_perception.bags.source import BagSource

        with BagSource(_bag("mcap", "")) as source:
            return [bytes(data) for one, _, data in source.messages() if one.topic == topic]

    return seeds


_NEEDS = ("rosbags",)
TARGETS = (
    Target(
        *("recordings.mcap", _mcap, lambda: [_file("mcap", ".mcap")]),
        needs=_NEEDS,
        inputs=20_000,
        max_bytes=16_384,
    ),
    Target(
        *("recordings.sqlite", _sqlite, lambda: [_file("sqlite3", ".db3")]),
        needs=_NEEDS,
        inputs=20_000,
        max_bytes=65_536,
    ),
    Target(
        "recordings.metadata",
        _metadata,
        _metadata_seeds,
        needs=_NEEDS,
        inputs=20_000,
        max_bytes=3_072,
    ),
    Target(
        *("recordings.image_message", _message(IMAGE), _message_seeds("/camera")),
        needs=_NEEDS,
        inputs=40_000,
        max_bytes=512,
    ),
    Target(
        *("recordings.compressed_message", _message(COMPRESSED), _message_seeds("/packed")),
        needs=_NEEDS,
        inputs=40_000,
        max_bytes=512,
    ),
)
