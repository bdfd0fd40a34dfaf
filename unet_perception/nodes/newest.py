# SPDX-License-Identifier: Apache-2.0
"""Hand-over from the thread that receives frames to the one that works on them."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Holds one item: a newer one replaces an older one that nobody took."""

    def __init__(self) -> None:
        """Start empty."""
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False

    def put(self, item: T) -> bool:
        """Store an item; return whether an older one was replaced."""
        with self._changed:
            replaced = self._item is not None
            self._item = item
            self._changed.notify()
            return replaced

    def take(self) -> T | None:
        """Wait for an item and return it; return None once the slot is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed)
            if self._closed:
                return None
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Wake and end every ``take``."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
