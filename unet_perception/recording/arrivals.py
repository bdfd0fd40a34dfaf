# SPDX-License-Identifier: Apache-2.0
"""Waiting for all images of one frame."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Generic, TypeVar

Item = TypeVar("Item")

MOST = 32
"""Frames that may be open; a recorder that takes every one has one or two."""


class Arrivals(Generic[Item]):
    """Collects images by frame, filled from the client's threads.

    A frame is whole when so many images of it have come as there are cameras. What belongs to
    a frame that is past is thrown away, as is the oldest frame when more than ``MOST`` are open:
    nobody takes them.
    """

    def __init__(self, cameras: int) -> None:
        """Expect so many images a frame."""
        self._cameras = cameras
        self._changed = threading.Condition()
        self._open: dict[int, dict[str, Item]] = {}
        self._past = -1

    def put(self, frame: int, name: str, image: Item) -> None:
        """Take a camera's image in."""
        with self._changed:
            if frame > self._past:
                self._open.setdefault(frame, {})[name] = image
                if len(self._open) > MOST:
                    del self._open[min(self._open)]
                self._changed.notify_all()

    def take(self, frame: int, patience: float) -> Mapping[str, Item] | None:
        """Return all images of a frame by name, or None if they do not come in time.

        Frames up to this one are past afterwards, whole or not.

        Args:
            frame: Number of the frame; higher than that of the last call.
            patience: Seconds to wait.
        """
        with self._changed:
            whole = self._changed.wait_for(
                lambda: len(self._open.get(frame, ())) == self._cameras, patience
            )
            images = self._open[frame] if whole else None
            self._forget(frame)
        return images

    def pass_over(self, frame: int) -> None:
        """Throw a frame's images away, and those of all before it."""
        with self._changed:
            self._forget(frame)

    def _forget(self, frame: int) -> None:
        self._past = frame
        for number in [number for number in self._open if number <= frame]:
            del self._open[number]
