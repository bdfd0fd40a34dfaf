# SPDX-License-Identifier: Apache-2.0
"""At most so many frames a second."""

from __future__ import annotations

SLACK = 0.1
"""Share of a period by which a frame may be early: cameras are not that regular."""


class RateLimit:
    """Lets frames through evenly.

    A frame's time is moved to the grid of the limit rather than taken as it is, so that 30 Hz
    under a limit of 20 give 20 masks and not 15.
    """

    def __init__(self) -> None:
        """Begin with the first frame."""
        self._next = float("-inf")

    def allows(self, now: float, most_hz: float) -> bool:
        """Return whether a frame may pass.

        Args:
            now: Seconds of a steady clock, of a frame that just came.
            most_hz: The limit; 0 for none.
        """
        if most_hz == 0.0:
            self._next = float("-inf")
            return True
        period = 1.0 / most_hz
        if now < self._next - SLACK * period:
            return False
        # Behind by more than a period: begin anew rather than let a burst through.
        self._next = max(self._next + period, now) if now < self._next + period else now + period
        return True
