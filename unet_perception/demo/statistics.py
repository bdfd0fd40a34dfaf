# SPDX-License-Identifier: Apache-2.0
"""What a viewer counts while masks arrive."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unet_perception.evaluation.confusion import Confusion
from unet_perception.labels import UNLABELED, LabelSet

WINDOW = 200
"""Frames that latency and rate are taken over: ten seconds at 20 Hz."""

PAIRS_WAITING = 4


@dataclass(frozen=True)
class Snapshot:
    """The state of a run at one moment.

    Attributes:
        masks: Masks received so far.
        rate: Masks a second, over the window.
        latency_ms: Camera frame received to mask received: p50, p95 and p99, over the window.
        shares: Share of the newest mask's pixels, by class id.
        scored: Masks that were compared with the truth.
        miou: Mean IoU over all of these, or None.
        diagnostics: What the node says of itself.
    """

    masks: int
    rate: float
    latency_ms: tuple[float, float, float] | None
    shares: Mapping[int, float]
    scored: int
    miou: float | None
    diagnostics: Mapping[str, str]


@dataclass
class RunStatistics:
    """Counts masks; filled from one thread, read from another."""

    label_set: LabelSet
    _masks: int = 0
    _scored: int = 0
    _arrivals: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _latencies: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    _waiting: dict[int, dict[str, NDArray[np.uint8]]] = field(default_factory=dict)
    _cameras: dict[int, int] = field(default_factory=dict)
    _diagnostics: Mapping[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start with an empty confusion matrix."""
        self._confusion = Confusion(self.label_set.n_classes)

    def camera(self, stamp: int, now: int) -> None:
        """Take note of a camera frame that arrived; arguments as for ``ids``."""
        with self._lock:
            self._cameras[stamp] = now
            if len(self._cameras) > WINDOW:
                del self._cameras[next(iter(self._cameras))]

    def ids(self, kind: str, stamp: int, now: int, ids: NDArray[np.uint8]) -> None:
        """Take in class ids that arrived.

        Args:
            kind: ``mask`` for the node's, ``truth`` for the camera's own.
            stamp: Stamp of the camera frame, in nanoseconds.
            now: Time of arrival on any steady clock, in nanoseconds; stamps may be
                simulated time.
            ids: uint8 ``(H, W)``; kept.
        """
        with self._lock:
            if kind == "mask":
                self._masks += 1
                self._arrivals.append(now)
                arrived = self._cameras.get(stamp)
                if arrived is not None:
                    self._latencies.append(now - arrived)
                self._counts = np.bincount(ids.reshape(-1), minlength=256)
            self._pair(kind, stamp, ids)

    def diagnostics(self, values: Mapping[str, str]) -> None:
        """Take in what the node says of itself."""
        with self._lock:
            self._diagnostics = dict(values)

    def snapshot(self) -> Snapshot:
        """Return the state now."""
        with self._lock:
            arrivals = list(self._arrivals)
            latencies = np.array(self._latencies, np.float64) / 1e6
            total = max(1, int(self._counts[:UNLABELED].sum()))
            return Snapshot(
                masks=self._masks,
                rate=_rate(arrivals),
                latency_ms=_percentiles(latencies),
                shares={
                    label.id: self._counts[label.id] / total for label in self.label_set.classes
                },
                scored=self._scored,
                miou=self._confusion.scores().miou if self._scored else None,
                diagnostics=self._diagnostics,
            )

    def _pair(self, kind: str, stamp: int, ids: NDArray[np.uint8]) -> None:
        parts = self._waiting.setdefault(stamp, {})
        parts[kind] = ids
        if len(parts) == 2:
            del self._waiting[stamp]
            if parts["mask"].shape == parts["truth"].shape:
                self._confusion.update(parts["truth"], parts["mask"])
                self._scored += 1
        while len(self._waiting) > PAIRS_WAITING:
            del self._waiting[min(self._waiting)]


def _rate(arrivals: list[int]) -> float:
    if len(arrivals) < 2 or arrivals[-1] == arrivals[0]:
        return 0.0
    return (len(arrivals) - 1) * 1e9 / (arrivals[-1] - arrivals[0])


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float, float] | None:
    if not values.size:
        return None
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return float(p50), float(p95), float(p99)
