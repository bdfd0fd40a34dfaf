# SPDX-License-Identifier: Apache-2.0
"""What happens to the frames of one camera: counters, rates and latencies."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from unet_perception.options.diagnostics import SILENCE_S, WINDOW_S


@dataclass(frozen=True)
class Served:
    """One mask, from the frame's arrival to its being published; seconds of a steady clock.

    Attributes:
        at: When it had been published.
        latency: From the arrival until then.
        waited: From the arrival until its turn came.
        engine: What scaling and the network took, of all frames that ran together.
        by_stamp: From the frame's stamp until then, by ROS's clock; None without sense.
    """

    at: float
    latency: float
    waited: float
    engine: float
    by_stamp: float | None = None


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds of the last seconds' masks."""

    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: list[float]) -> Percentiles | None:
        """Return those of some times in seconds; None if there are none."""
        if not seconds:
            return None
        p50, p95, p99, most = np.percentile(seconds, (50, 95, 99, 100)) * 1e3
        return cls(float(p50), float(p95), float(p99), float(most))

    def values(self, name: str) -> dict[str, str]:
        """Return them as ``/diagnostics`` shows them."""
        parts = (("p50", self.p50), ("p95", self.p95), ("p99", self.p99), ("max", self.most))
        return {f"{name}_{part}_ms": f"{value:.2f}" for part, value in parts}


@dataclass(frozen=True)
class Counts:
    """Frames since the start.

    Attributes:
        received: Frames that arrived.
        published: Masks published.
        dropped: Replaced by a newer frame before their turn came.
        refused: Could not be read.
        limited: Left out because of the rate limit.
        unchanged: Published with the last mask, as the network would have seen the same.
    """

    received: int = 0
    published: int = 0
    dropped: int = 0
    refused: int = 0
    limited: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Snapshot:
    """The state at one moment.

    Attributes:
        counts: Frames since the start.
        rate_hz: Masks per second.
        dropped_share: Frames dropped in the last seconds, of those that were not left out.
        latency: From a frame's arrival to its mask having been published.
        waited: From its arrival to its turn.
        engine: Scaling and network.
        by_stamp: From its stamp; None where the clocks do not agree.
        silent_s: Seconds since the last arrival, or since the start.
        refused_lately: Frames were refused in the last seconds of silence's length.
        served_lately: Masks were published in them.
        last_refusal: Why the last frame of those refused could not be read.
    """

    counts: Counts
    rate_hz: float
    dropped_share: float
    latency: Percentiles | None
    waited: Percentiles | None
    engine: Percentiles | None
    by_stamp: Percentiles | None
    silent_s: float
    refused_lately: bool
    served_lately: bool
    last_refusal: str

    def values(self) -> dict[str, str]:
        """Return the numbers as ``/diagnostics`` shows them."""
        nothing = Percentiles(*[float("nan")] * 4)
        counts = {name: str(value) for name, value in vars(self.counts).items()}
        return {
            "rate_hz": f"{self.rate_hz:.2f}",
            **(self.latency or nothing).values("latency"),
            **(self.waited or nothing).values("waited"),
            **(self.engine or nothing).values("engine"),
            **({} if self.by_stamp is None else self.by_stamp.values("stamp_to_mask")),
            "dropped_percent": f"{self.dropped_share * 100:.1f}",
            **counts,
            "last_refusal": self.last_refusal,
        }


class FrameStatistics:
    """Counts what happens to a camera's frames. Any thread may call it.

    Times are seconds of one steady clock, given by the caller.
    """

    def __init__(self, start: float) -> None:
        """Start at zero, at the moment ``start``."""
        self._lock = threading.Lock()
        self._start = start
        self._counts = dict.fromkeys(vars(Counts()), 0)
        self._last_arrival: float | None = None
        self._last_refusal_at = float("-inf")
        self._last_refusal = ""
        self._served: deque[Served] = deque()
        self._drops: deque[float] = deque()

    def received(self, now: float) -> None:
        """A frame arrived."""
        with self._lock:
            self._counts["received"] += 1
            self._last_arrival = now

    def dropped(self, now: float) -> None:
        """A frame was replaced by a newer one."""
        with self._lock:
            self._counts["dropped"] += 1
            self._drops.append(now)
            self._forget(now)

    def limited(self) -> None:
        """A frame was left out because of the rate limit."""
        with self._lock:
            self._counts["limited"] += 1

    def refused(self, now: float, reason: str) -> None:
        """A frame could not be read."""
        with self._lock:
            self._counts["refused"] += 1
            self._last_refusal_at = now
            self._last_refusal = reason

    def published(self, served: Served, unchanged: bool = False) -> None:
        """A mask has been published; ``unchanged`` if it is the last one's again."""
        with self._lock:
            self._counts["published"] += 1
            self._counts["unchanged"] += unchanged
            self._served.append(served)
            self._forget(served.at)

    def snapshot(self, now: float) -> Snapshot:
        """Return the state at ``now``."""
        with self._lock:
            self._forget(now)
            served = list(self._served)
            drops = len(self._drops)
            lately = now - SILENCE_S
            last = self._start if self._last_arrival is None else self._last_arrival
            by_stamp = [one.by_stamp for one in served if one.by_stamp is not None]
            return Snapshot(
                counts=Counts(**self._counts),
                rate_hz=len(served) / max(min(WINDOW_S, now - self._start), 1e-3),
                dropped_share=drops / max(1, drops + len(served)),
                latency=Percentiles.of([one.latency for one in served]),
                waited=Percentiles.of([one.waited for one in served]),
                engine=Percentiles.of([one.engine for one in served]),
                by_stamp=Percentiles.of(by_stamp) if len(by_stamp) == len(served) else None,
                silent_s=now - last,
                refused_lately=self._last_refusal_at > lately,
                served_lately=bool(served) and served[-1].at > lately,
                last_refusal=self._last_refusal,
            )

    def _forget(self, now: float) -> None:
        while self._served and self._served[0].at <= now - WINDOW_S:
            self._served.popleft()
        while self._drops and self._drops[0] <= now - WINDOW_S:
            self._drops.popleft()
