# SPDX-License-Identifier: Apache-2.0
"""When pictures are taken from the middleware: after their masks, not when they come.

A picture comes to the perception node at the same moment as to the page. What the page does with it
then (taking it is two megabytes to copy) it does while the network wants all cores. The mask says
that the network is done, and which picture is wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup

MASKLESS_S = 0.5
"""Without masks for this long there is nothing to wait for."""

PAIRLESS_S = 1.0
"""Without a pair for this long pictures are taken as they come: the ones that are wanted may be
further back than the middleware keeps them."""


class PictureGate(CallbackGroup):  # type: ignore[misc]
    """Lets the executor look at pictures, or not; lives on its thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin open.

        Args:
            clock: Seconds of a steady clock.
        """
        super().__init__()
        self._clock = clock
        self._wanted: int | None = None
        self._last_mask = self._last_pair = float("-inf")

    def hear_mask(self) -> None:
        """Take note that masks come."""
        self._last_mask = self._clock()

    def want(self, stamp: int) -> None:
        """Open for the picture of a mask."""
        self._wanted = stamp

    def took(self, stamp: int, paired: bool) -> None:
        """Take note of a picture; the one that is wanted, or one behind it, closes the gate."""
        if paired:
            self._last_pair = self._clock()
        if paired or (self._wanted is not None and stamp >= self._wanted):
            self._wanted = None

    @property
    def is_open(self) -> bool:
        """Whether pictures are taken now."""
        now = self._clock()
        return (
            self._wanted is not None
            or now - self._last_mask > MASKLESS_S
            or now - self._last_pair > PAIRLESS_S
        )

    def can_execute(self, entity: Any) -> bool:
        """Return whether pictures are taken now; for the executor."""
        del entity
        return self.is_open

    def beginning_execution(self, entity: Any) -> bool:
        """Allow what the executor has begun."""
        del entity
        return True

    def ending_execution(self, entity: Any) -> None:
        """Need nothing; there is one thread."""
