# SPDX-License-Identifier: Apache-2.0
"""Does simulated time go on?"""

from __future__ import annotations


class SimTime:
    """Tells a paused simulation from a lost one: its clock is there and stands still."""

    def __init__(self) -> None:
        """Begin without having seen the clock."""
        self._last = 0
        self._since: float | None = None

    def paused(self, simulated: int, now: float) -> float:
        """Return the seconds for which simulated time has stood still.

        Args:
            simulated: Nanoseconds of simulated time; 0 before its first message.
            now: Seconds of a steady clock.
        """
        if simulated != self._last:
            self._last, self._since = simulated, now
        return 0.0 if self._since is None else now - self._since
