# SPDX-License-Identifier: Apache-2.0
"""Waiting for all images of one frame."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Arrivals(Generic[Item]):
    """Collects sets of images by frame, filled from the client's threads.

    A frame is whole when ``groups`` sets of it have come: one for each view. What belongs to
    a frame that is past is thrown away.
    """

    def __init__(self, groups: int) -> None:
        """Expect so many sets a frame."""
        self._groups = groups
        self._changed = threading.Condition()
        self._open: dict[int, list[Mapping[str, Item]]] = {}
        self._past = -1

    def put(self, frame: int, images: Mapping[str, Item]) -> None:
        """Take a set in."""
        with self._changed:
            if frame > self._past:
                self._open.setdefault(frame, []).append(images)
                self._changed.notify_all()

    def take(self, frame: int, patience: float) -> Mapping[str, Item] | None:
        """Return all images of a frame by name, or None if they do not come in time.

        Frames up to this one are past afterwards, whole or not.

        Args:
            frame: Number of the frame; higher than that of the last call.
            patience: Seconds to wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._open.get(frame, ())) == self._groups, patience)
            sets = self._open.get(frame, [])
            self._forget(frame)
        if len(sets) < self._groups:
            return None
        return {name: image for images in sets for name, image in images.items()}

    def pass_over(self, frame: int) -> None:
        """Throw a frame's images away, and those of all before it."""
        with self._changed:
            self._forget(frame)

    def _forget(self, frame: int) -> None:
        self._past = frame
        for number in [number for number in self._open if number <= frame]:
            del self._open[number]
