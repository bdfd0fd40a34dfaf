# SPDX-License-Identifier: Apache-2.0
"""Hand-over from the threads that receive frames to the one that works on them."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A slot for the newest item of each camera, and whose turn is next.

    A newer item replaces an older one that nobody took. Of the cameras that wait, the one whose
    last turn is longest ago is next, so none is served twice while another one waits. Not the
    one whose item came first: cameras that send together would keep the order in which they do,
    and when there is time for some of them only, the last would be left out again and again.
    """

    def __init__(self, n: int) -> None:
        """Start empty.

        Args:
            n: Number of cameras.
        """
        self._changed = threading.Condition()
        # Cameras by their last turns, the longest ago first.
        self._line = list(range(n))
        self._waiting: dict[int, T] = {}
        self._closed = False

    def put(self, camera: int, item: T) -> bool:
        """Store a camera's newest item; return whether an older one was replaced.

        Args:
            camera: 0 to n - 1.
            item: Anything.
        """
        if not 0 <= camera < len(self._line):
            raise IndexError(f"camera is {camera}; there are {len(self._line)}")
        with self._changed:
            replaced = camera in self._waiting
            self._waiting[camera] = item
            self._changed.notify()
            return replaced

    def take(self, limit: int = 1) -> list[tuple[int, T]]:
        """Wait for an item and take it, with others that wait already.

        Args:
            limit: Most items to take, 1 or more.

        Returns:
            Cameras and their items, those whose last turns are longest ago; empty once closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return []
            chosen = [camera for camera in self._line if camera in self._waiting][:limit]
            self._line = [camera for camera in self._line if camera not in chosen] + chosen
            return [(camera, self._waiting.pop(camera)) for camera in chosen]

    def close(self) -> None:
        """Wake and end every ``take``."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
