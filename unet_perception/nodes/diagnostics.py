# SPDX-License-Identifier: Apache-2.0
"""How a node is doing: its status, and counters, rate and latency of what passes through it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

WINDOW_S = 5.0
"""Rate and latency are taken over this long."""

SILENCE_S = 2.0
"""Without a frame for this long the input counts as silent; refusals count as long, too."""

OK, WARN, ERROR = 0, 1, 2
"""Levels of ``diagnostic_msgs/DiagnosticStatus``."""


@dataclass(frozen=True)
class Status:
    """What a node says of itself in ``/diagnostics``.

    Attributes:
        level: ``OK``, ``WARN`` or ``ERROR``.
        message: The state in words.
        values: What else is worth knowing.
    """

    level: int
    message: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Snapshot:
    """The state at one moment.

    Attributes:
        level: ``OK``, ``WARN`` or ``ERROR``.
        message: The state in words.
        rate_hz: Masks per second.
        latency_ms: 50th, 95th and 99th percentile of the time from a frame's arrival to
            its mask having been published; None as long as there is no mask.
        received: Frames that arrived since the start.
        published: Masks published since the start.
        dropped: Frames that were replaced by a newer one before their turn came.
        refused: Frames that could not be read.
        last_refusal: Why the last one of these could not be read.
    """

    level: int
    message: str
    rate_hz: float
    latency_ms: tuple[float, float, float] | None
    received: int
    published: int
    dropped: int
    refused: int
    last_refusal: str

    def values(self) -> dict[str, str]:
        """Return the numbers as ``/diagnostics`` shows them."""
        names = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
        latencies = self.latency_ms or (float("nan"),) * 3
        return {
            "rate_hz": f"{self.rate_hz:.2f}",
            **{name: f"{value:.2f}" for name, value in zip(names, latencies, strict=True)},
            "received": str(self.received),
            "published": str(self.published),
            "dropped": str(self.dropped),
            "refused": str(self.refused),
            "last_refusal": self.last_refusal,
        }


class FrameStatistics:
    """Counts what happens to frames. Any thread may call it.

    Times are seconds of one steady clock, given by the caller.
    """

    def __init__(self, start: float) -> None:
        """Start at zero, at the moment ``start``."""
        self._lock = threading.Lock()
        self._start = start
        self._received = self._published = self._dropped = self._refused = 0
        self._last_arrival: float | None = None
        self._last_refusal_at: float | None = None
        self._last_refusal = ""
        self._masks: deque[tuple[float, float]] = deque()

    def received(self, now: float) -> None:
        """A frame arrived."""
        with self._lock:
            self._received += 1
            self._last_arrival = now

    def dropped(self) -> None:
        """A frame was replaced by a newer one."""
        with self._lock:
            self._dropped += 1

    def refused(self, now: float, reason: str) -> None:
        """A frame could not be read."""
        with self._lock:
            self._refused += 1
            self._last_refusal_at = now
            self._last_refusal = reason

    def published(self, now: float, arrival: float) -> None:
        """The mask of the frame that came at ``arrival`` has been published."""
        with self._lock:
            self._published += 1
            self._masks.append((now, now - arrival))
            self._forget(now)

    def snapshot(self, now: float) -> Snapshot:
        """Return the state at ``now``."""
        with self._lock:
            self._forget(now)
            latencies = [latency for _, latency in self._masks]
            level, message = self._health(now)
            return Snapshot(
                level,
                message,
                len(latencies) / max(min(WINDOW_S, now - self._start), 1e-3),
                _percentiles_ms(latencies),
                self._received,
                self._published,
                self._dropped,
                self._refused,
                self._last_refusal,
            )

    def _forget(self, now: float) -> None:
        while self._masks and self._masks[0][0] <= now - WINDOW_S:
            self._masks.popleft()

    def _health(self, now: float) -> tuple[int, str]:
        since = now - SILENCE_S
        if self._last_arrival is None or self._last_arrival <= since:
            silent = now - (self._start if self._last_arrival is None else self._last_arrival)
            return (WARN, f"no frames for {silent:.0f} s") if silent >= SILENCE_S else (OK, "ready")
        if self._last_refusal_at is not None and self._last_refusal_at > since:
            if self._masks and self._masks[-1][0] > since:
                return WARN, f"some frames are refused: {self._last_refusal}"
            return ERROR, f"every frame is refused: {self._last_refusal}"
        return OK, "segmenting"


def _percentiles_ms(latencies: list[float]) -> tuple[float, float, float] | None:
    if not latencies:
        return None
    p50, p95, p99 = (float(p) * 1e3 for p in np.percentile(latencies, (50, 95, 99)))
    return p50, p95, p99
