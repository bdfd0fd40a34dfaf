# SPDX-License-Identifier: Apache-2.0
"""Bags of pictures whose masks are known, and what became of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from color_engine import color_segmenter, picture
from recorded_bag import Contents, Recorded

from unet_perception.bags.segment import Done, segment_bag
from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import choose_topics

STORAGES = ("sqlite3", "mcap")
START = 1_700_000_000_123_456_789
"""The bag's own clock, far from that of the pictures' stamps."""


def rgb(number: int) -> np.ndarray:
    ids = np.random.default_rng(number).integers(0, 13, (24, 32), dtype=np.uint8)
    return picture(np.repeat(np.repeat(ids, 2, axis=0), 2, axis=1))


def segment(bag: Path, out: Path, *topics: str, overlays: bool = False) -> Done:
    with BagSource(bag) as source:
        return segment_bag(color_segmenter(), source, choose_topics(source, topics), out, overlays)


def masks(contents: Contents, topic: str) -> list[np.ndarray]:
    return [
        message.data.reshape(message.height, message.width) for _, message in contents.of(topic)
    ]


def own_messages(contents: Contents, *new: str) -> list[Recorded]:
    return [one for one in contents.messages if one.topic not in new]
