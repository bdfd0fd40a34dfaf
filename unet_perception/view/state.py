# SPDX-License-Identifier: Apache-2.0
"""What is known of the perception node, its cameras and a recorder."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from unet_perception.labels import LabelSet
from unet_perception.options.diagnostics import OK, Status

ONLY_CAMERA = "camera"
"""What the only camera of a node is called here, which has no name there."""

GONE_S = 3.0
"""Nodes tell their state once a second; one that was silent for this long is not there."""

MOST_LATENCIES = 256

NUMBERS = (
    *("rate_hz", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "latency_max_ms"),
    *("waited_p50_ms", "engine_p50_ms", "engine_p99_ms", "dropped_percent"),
    *("received", "published", "dropped", "refused", "limited", "unchanged"),
)
"""Values of a camera's status in ``/diagnostics`` that are figures."""

WORDS = ("state", "enabled", "input_topic", "last_refusal", "transport_problem")
ENGINE_WORDS = ("engine", "engine_version", "engine_detail", "engine_reason")
NETWORK_WORDS = (*ENGINE_WORDS, "precision", "device", "label_set")


@dataclass(frozen=True)
class Told:
    """A status, and when it came, in seconds of a steady clock."""

    status: Status
    at: float


class Board:
    """Takes what nodes say of themselves, and gives it as plain data. Any thread may call it."""

    def __init__(self, node: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without knowledge.

        Args:
            node: Full name of the perception node.
            clock: Seconds of a steady clock.
        """
        self._node, self._clock = node, clock
        self._lock = threading.Lock()
        self._label_set: LabelSet | None = None
        self._cameras: dict[str, Told] = {}
        self._recorder: Told | None = None
        self._shares: dict[str, dict[int, int]] = {}
        self._latencies: dict[str, deque[float]] = {}

    def tell_label_set(self, label_set: LabelSet) -> None:
        """Take the classes."""
        with self._lock:
            self._label_set = label_set

    def tell_cameras(self, cameras: Mapping[str, Status]) -> None:
        """Take the state of all cameras of the node, by name."""
        now = self._clock()
        with self._lock:
            self._cameras = {name: Told(status, now) for name, status in cameras.items()}

    def tell_recorder(self, status: Status) -> None:
        """Take the state of a recorder."""
        with self._lock:
            self._recorder = Told(status, self._clock())

    def tell_shares(self, camera: str, shares: Mapping[int, int]) -> None:
        """Take the pixels of each class in a camera's last mask."""
        with self._lock:
            self._shares[camera] = dict(shares)

    def tell_latency(self, camera: str, milliseconds: float) -> None:
        """Take the latency of a mask."""
        with self._lock:
            kept = self._latencies.setdefault(camera, deque(maxlen=MOST_LATENCIES))
            kept.append(milliseconds)

    def take_latencies(self, camera: str) -> list[float]:
        """Return the latencies since the last call."""
        with self._lock:
            kept = self._latencies.pop(camera, ())
        return list(kept)

    @property
    def label_set(self) -> LabelSet | None:
        """The classes; None while they are not known."""
        return self._label_set

    @property
    def is_there(self) -> bool:
        """Whether the node has told its state lately."""
        now = self._clock()
        return any(now - told.at < GONE_S for told in self._cameras.values())

    def camera_names(self) -> list[str]:
        """Return the cameras that are known, also while the node is away for a moment."""
        return list(self._cameras)

    def input_topic(self, camera: str) -> str:
        """Return the topic of a camera's pictures; empty while it is not known."""
        told = self._cameras.get(camera)
        return told.status.values.get("input_topic", "") if told is not None else ""

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for ``/api/state`` and for the page."""
        now, there = self._clock(), self.is_there
        with self._lock:
            cameras, recorder, label_set = self._cameras, self._recorder, self._label_set
            shares = {name: dict(counts) for name, counts in self._shares.items()}
        first = next(iter(cameras.values()), None)
        recording = recorder is not None and now - recorder.at < GONE_S
        return {
            "node": self._node,
            "is_there": there,
            "label_set": label_set.as_dict() if label_set is not None else None,
            "network": _network(first.status.values) if first is not None else None,
            "cameras": [
                _camera(name, told.status, shares.get(name, {}), label_set)
                for name, told in cameras.items()
            ],
            "recorder": _recorder(recorder.status) if recorder is not None and recording else None,
        }


def figure(text: str | None) -> float | None:
    """Return the number that a status gives as text; None if it is none, or not a number."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _network(values: Mapping[str, str]) -> dict[str, str]:
    words = {name: values.get(name, "") for name in NETWORK_WORDS}
    # The name alone: where it lies on the disk is nobody's business in a browser.
    return {**words, "model": PurePath(values.get("model", "")).name}


def _camera(
    name: str, status: Status, counts: Mapping[int, int], label_set: LabelSet | None
) -> dict[str, Any]:
    total = sum(counts.values())
    names = {label.id: label.name for label in label_set.classes} if label_set else {}
    return {
        "name": name,
        "level": status.level,
        "message": status.message,
        **{key: status.values.get(key, "") for key in WORDS},
        **{key: figure(status.values.get(key)) for key in NUMBERS},
        "shares": {
            names.get(class_id, str(class_id)): round(count / total, 6)
            for class_id, count in counts.items()
        },
    }


def _recorder(status: Status) -> dict[str, Any]:
    return {
        "is_well": status.level == OK,
        "message": status.message,
        "values": dict(status.values),
    }
