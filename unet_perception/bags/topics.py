# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are segmented, and what the new ones are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from unet_perception.bags.messages import (
    COMPRESSED,
    IMAGE,
    colourless,
    read_message,
    unreadable,
)
from unet_perception.bags.source import BagSource
from unet_perception.errors import DatasetError, FrameError

TRANSPORT = "/compressed"
"""What ``image_transport`` adds to the name of a topic for its compressed pictures."""

DRAWN = ("overlay", "color_mask")
"""What the perception node draws for people: pictures in colour, and no camera's."""


@dataclass(frozen=True)
class ImageTopic:
    """One topic that is segmented.

    Attributes:
        connection: The topic, as ``rosbags`` describes it.
        prefix: Before the names of what is made of it.
    """

    connection: Any
    prefix: str

    @property
    def name(self) -> str:
        """The topic."""
        return str(self.connection.topic)

    @property
    def mask(self) -> str:
        """Topic of the masks."""
        return f"{self.prefix}/mask"

    @property
    def overlay(self) -> str:
        """Topic of the overlays."""
        return f"{self.prefix}/overlay"

    @property
    def labels(self) -> str:
        """Topic of what the ids in the masks mean."""
        return f"{self.prefix}/labels"


@dataclass(frozen=True)
class Choice:
    """Which topics are segmented.

    Attributes:
        topics: Those that are; never empty.
        left_out: A sentence for each image topic that is not, with the reason.
    """

    topics: tuple[ImageTopic, ...]
    left_out: tuple[str, ...]


def choose_topics(source: BagSource, wanted: Sequence[str] = ()) -> Choice:
    """Choose the topics that are segmented.

    Args:
        source: The bag.
        wanted: Names of image topics; empty for all that are a camera's view in colours.

    Raises:
        DatasetError: There is none, one that is wanted is not there or is no image topic, or its
            masks would have no free name.
        FrameError: The pictures of one that is wanted cannot be read.
    """
    images = [one for one in source.connections if one.msgtype in (IMAGE, COMPRESSED)]
    if wanted:
        chosen = [_wanted(source, images, name) for name in dict.fromkeys(wanted)]
        return Choice(_named(source, chosen), ())
    raw = {one.topic for one in images if one.msgtype == IMAGE and one.msgcount}
    reasons = {one.topic: _reason(source, one, raw) for one in images}
    chosen = [one for one in images if not reasons[one.topic]]
    left_out = tuple(f"{name} is left out: {why}" for name, why in reasons.items() if why)
    if not chosen:
        found = f": {'; '.join(left_out)}" if left_out else ""
        raise DatasetError(f"{source.path}: has no image topic in colours{found}")
    return Choice(_named(source, chosen), left_out)


def _wanted(source: BagSource, images: Sequence[Any], name: str) -> Any:
    for one in images:
        if one.topic == name:
            message = _first(source, one)
            problem = unreadable(message, one.msgtype) if message is not None else ""
            if problem:
                raise FrameError(f"{source.path}: {name}: {problem}")
            return one
    there = ", ".join(sorted(one.topic for one in images)) or "none"
    for one in source.connections:
        if one.topic == name:
            raise DatasetError(
                f"{source.path}: {name} is a {one.msgtype}; image topics are {there}"
            )
    raise DatasetError(f"{source.path}: has no topic {name}; image topics are {there}")


def _reason(source: BagSource, connection: Any, raw: Collection[str]) -> str:
    base, end = _base(connection), connection.topic.rpartition("/")[2]
    if not connection.msgcount:
        return "it has no message"
    if end in DRAWN:
        return f"{end} is what a perception node draws"
    if base != connection.topic and base in raw:
        return f"it shows what {base} shows"
    message = _first(source, connection)
    if message is None:
        # Damaged; the others may be whole, and this one will be counted.
        return ""
    return unreadable(message, connection.msgtype) or colourless(message, connection.msgtype)


def _first(source: BagSource, connection: Any) -> Any:
    data = source.first(connection)
    if data is None:
        return None
    try:
        return read_message(data, connection.msgtype)
    except FrameError:
        return None


def _base(connection: Any) -> str:
    topic = str(connection.topic)
    packed = connection.msgtype == COMPRESSED and topic.endswith(TRANSPORT)
    return topic[: -len(TRANSPORT)] if packed else topic


def _named(source: BagSource, chosen: Sequence[Any]) -> tuple[ImageTopic, ...]:
    taken = {one.topic for one in source.connections}
    named = []
    for connection in chosen:
        base = _base(connection)
        # Beside the picture; below it where two pictures share a namespace.
        for prefix in (base.rpartition("/")[0], base):
            topic = ImageTopic(connection, prefix)
            names = {topic.mask, topic.overlay, topic.labels}
            if not names & taken:
                break
        else:
            raise DatasetError(
                f"{source.path}: has {topic.mask} already, where the masks of {topic.name} would go"
            )
        taken |= names
        named.append(topic)
    return tuple(named)
