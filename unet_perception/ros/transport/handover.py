# SPDX-License-Identifier: Apache-2.0
"""Frames from a camera's node to another node of the same process, without a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unet_perception.imaging import Frame
from unet_perception.ros.transport.arrivals import Picture

Taker = Callable[[Picture], None]


class Handover:
    """By topic: who has frames, and who takes them."""

    def __init__(self) -> None:
        """Begin without cameras."""
        self._takers: dict[str, Taker | None] = {}

    def offer(self, topic: str) -> None:
        """Say that frames of a topic will come this way."""
        self._takers.setdefault(topic, None)

    def has(self, topic: str) -> bool:
        """Return whether a topic's frames come this way."""
        return topic in self._takers

    def take(self, topic: str, taker: Taker | None) -> None:
        """Have the topic's frames; None to have them no more."""
        self._takers[topic] = taker

    def put(self, topic: str, frame: Frame, header: Any) -> None:
        """Hand a frame over; its pixels may change at once. Any thread may call it."""
        taker = self._takers.get(topic)
        if taker is not None:
            # The one copy: the camera publishes from a buffer that the next frame overwrites,
            # and nobody knows how long this one will wait to be drawn.
            taker(Picture(header, Frame(frame.pixels.copy(), frame.encoding)))
