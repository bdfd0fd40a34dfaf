# SPDX-License-Identifier: Apache-2.0
"""What somebody looks at: nothing is subscribed to beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STATUS = ""
"""The state of the nodes; other things to look at are cameras, by name."""

LINGER_S = 60.0
"""Kept for this long after the last one left. A page that is loaded anew must not wait; and each
subscription that is taken away is a small risk for those who publish, whose Fast DDS 3.2 may lock
up over it (eProsima/Fast-DDS issue 6502)."""


class Interest:
    """Counts who looks at what. All but ``wanted`` is for the event loop's thread alone."""

    def __init__(self, changed: Callable[[], object], linger_s: float = LINGER_S) -> None:
        """Begin with nobody.

        Args:
            changed: Called after each change of ``wanted``.
            linger_s: How long a thing is wanted after the last one left.
        """
        self._changed = changed
        self._linger_s = linger_s
        self._holders: dict[str, int] = {}
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self.wanted: frozenset[str] = frozenset()

    def hold(self, thing: str) -> None:
        """Want a thing until it is released as often."""
        self._holders[thing] = self._holders.get(thing, 0) + 1
        leaving = self._leaving.pop(thing, None)
        if leaving is not None:
            leaving.cancel()
        self._look()

    def release(self, thing: str) -> None:
        """Want a thing no longer, but for a while."""
        self._holders[thing] -= 1
        if self._holders[thing]:
            return
        loop = asyncio.get_running_loop()
        self._leaving[thing] = loop.call_later(self._linger_s, self._forget, thing)

    @contextmanager
    def held(self, *things: str) -> Iterator[None]:
        """Want things for as long as the ``with`` block runs, and for a while after it."""
        for thing in things:
            self.hold(thing)
        try:
            yield
        finally:
            for thing in things:
                self.release(thing)

    def _forget(self, thing: str) -> None:
        self._leaving.pop(thing, None)
        if not self._holders.get(thing):
            self._holders.pop(thing, None)
            self._look()

    def _look(self) -> None:
        wanted = frozenset(self._holders)
        if wanted != self.wanted:
            self.wanted = wanted
            self._changed()
