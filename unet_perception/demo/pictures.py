# SPDX-License-Identifier: Apache-2.0
"""Pictures of a run: samples spread over its time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WAITING_LIMIT = 8


@dataclass
class PictureSampler:
    """Keeps a few complete sets of pictures, evenly spread over a run of any length.

    Attributes:
        kinds: What a complete set has, such as ``camera`` and ``overlay``.
        interval: Seconds between two samples; doubles whenever ``limit`` is reached.
        limit: Most samples that are kept.
        samples: Complete sets by kind, oldest first; RGB uint8 ``(H, W, 3)`` each.
    """

    kinds: tuple[str, ...]
    interval: float = 1.0
    limit: int = 8
    samples: list[dict[str, Picture]] = field(default_factory=list)
    _waiting: dict[int, dict[str, Picture]] = field(default_factory=dict)
    _taken_at: list[float] = field(default_factory=list)

    def due(self, now: float) -> bool:
        """Say whether pictures are wanted at ``now`` (seconds, any steady clock)."""
        return not self._taken_at or now - self._taken_at[-1] >= self.interval

    def offer(self, kind: str, stamp: int, picture: Picture, now: float) -> None:
        """Hand in one picture; a set is complete when all kinds have the same stamp."""
        parts = self._waiting.setdefault(stamp, {})
        parts[kind] = picture
        if len(parts) == len(self.kinds):
            self._waiting.clear()
            self.samples.append(parts)
            self._taken_at.append(now)
            self._thin_out()
        while len(self._waiting) > WAITING_LIMIT:
            del self._waiting[min(self._waiting)]

    def _thin_out(self) -> None:
        if len(self.samples) > self.limit:
            self.samples = self.samples[::2]
            self._taken_at = self._taken_at[::2]
            self.interval *= 2.0
