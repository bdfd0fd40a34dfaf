# SPDX-License-Identifier: Apache-2.0
"""Which frames of a drive are worth keeping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

STANDING = 0.1
"""Metres per second under which a vehicle stands."""

Place = tuple[float, float, float]


@dataclass
class KeepRule:
    """Leaves out frames that show what the last kept one showed.

    Attributes:
        min_distance: Metres that the ego must have moved since the last kept frame.
        keep_standing: Keep frames while the ego stands, too; then distances do not count.
    """

    min_distance: float
    keep_standing: bool
    _last: Place | None = field(default=None)

    def wants(self, place: Place, speed: float) -> bool:
        """Return whether a frame is to be kept.

        Args:
            place: Where the ego is, in metres.
            speed: How fast it is, in metres per second.
        """
        if self.keep_standing:
            return True
        if speed < STANDING:
            return False
        return self._last is None or math.dist(place, self._last) >= self.min_distance

    def kept(self, place: Place) -> None:
        """Take note of a frame that was kept."""
        self._last = place
