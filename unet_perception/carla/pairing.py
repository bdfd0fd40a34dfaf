# SPDX-License-Identifier: Apache-2.0
"""Images of one moment, put together strictly by their frame number."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Item = TypeVar("Item")

WINDOW = 8
"""Frames that may wait for a partner at one time; two 800x600 cameras then hold 15 MB."""


class Pairing(Generic[Item]):
    """Collects one item of each member for each frame, and never mixes frames.

    Members deliver in the order of frames, each at its own pace and on its own thread, and any
    may miss frames. A set that can no longer become complete is dropped and counted.

    Args:
        members: Their names.
        window: How many incomplete sets may wait.

    Attributes:
        complete: Sets that had every member.
        incomplete: Sets that were dropped because a member's item had not come in time.
        late: Items that came after their set was dropped, or a second time.
    """

    def __init__(self, members: Iterable[str], window: int = WINDOW) -> None:
        """Start with nothing seen."""
        self._members = tuple(members)
        self._window = window
        self._open: dict[int, dict[str, Item]] = {}
        self._horizon = -1
        self._lock = threading.Lock()
        self.complete = 0
        self.incomplete = 0
        self.late = 0

    @property
    def waiting(self) -> int:
        """Sets that may still become complete."""
        return len(self._open)

    def put(self, member: str, frame: int, item: Item) -> Mapping[str, Item] | None:
        """Take one item in and return its set, in the members' order, if that completes it."""
        with self._lock:
            items = self._open.get(frame)
            if frame <= self._horizon or (items is not None and member in items):
                self.late += 1
                return None
            if items is None:
                items = self._open[frame] = {}
            items[member] = item
            if len(items) == len(self._members):
                del self._open[frame]
                self.complete += 1
                self._drop_up_to(frame)
                return {name: items[name] for name in self._members}
            if len(self._open) > self._window:
                self._drop_up_to(min(self._open))
            return None

    def _drop_up_to(self, frame: int) -> None:
        """Every member is past this frame, or the window is full: older sets are given up."""
        self._horizon = frame
        for old in [number for number in self._open if number <= frame]:
            del self._open[old]
            self.incomplete += 1
