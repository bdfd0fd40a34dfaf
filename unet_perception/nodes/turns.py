# SPDX-License-Identifier: Apache-2.0
"""Hand-over from the threads that receive frames to the one that works on them."""

from __future__ import annotations

import threading
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A slot for the newest item of each camera, and whose turn is next.

    A newer item replaces an older one that nobody took, but keeps its place in the line: a fast
    camera does not push itself back, nor others. Whoever was served goes to the end, so of any
    two cameras that wait, none is served twice before the other.
    """

    def __init__(self, n: int) -> None:
        """Start empty.

        Args:
            n: Number of cameras.
        """
        self._n = n
        self._changed = threading.Condition()
        # In the order in which cameras began to wait: a value that is replaced does not move.
        self._waiting: dict[int, T] = {}
        self._closed = False

    def put(self, camera: int, item: T) -> bool:
        """Store a camera's newest item; return whether an older one was replaced.

        Args:
            camera: 0 to n - 1.
            item: Anything.
        """
        if not 0 <= camera < self._n:
            raise IndexError(f"camera is {camera}; there are {self._n}")
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
            Cameras and their items, those that wait longest first; empty once closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return []
            cameras = list(islice(self._waiting, limit))
            return [(camera, self._waiting.pop(camera)) for camera in cameras]

    def close(self) -> None:
        """Wake and end every ``take``."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
