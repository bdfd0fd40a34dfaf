# SPDX-License-Identifier: Apache-2.0
"""Hours of one camera: does the node's memory grow, is the last minute as fast as the first?"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from realtime_processes import Memory, memory
from realtime_records import SECOND, Outcome, Window
from realtime_run import Stage
from realtime_variants import VARIANTS, Case, Network

SAMPLE_S = 5.0
MINUTE_S = 60.0


@dataclass(frozen=True)
class Soak:
    """What a long run gave.

    Attributes:
        seconds: How long it was.
        samples: Seconds since the begin and the node's memory then.
        first: Frames of the first minute, or of the first half if it was shorter than two.
        last: Frames of the last minute.
        all: All frames.
    """

    seconds: float
    samples: list[tuple[float, Memory]]
    first: Outcome
    last: Outcome
    all: Outcome

    @property
    def memory(self) -> tuple[Memory, Memory]:
        """Medians over the first and the last minute."""
        span = min(MINUTE_S, self.seconds / 2)
        return (
            _median([m for at, m in self.samples if at <= span]),
            _median([m for at, m in self.samples if at >= self.seconds - span]),
        )


def soak(case: Case, network: Network, minutes: float, folder: Path) -> Soak:
    """Run our node for so long.

    Args:
        case: What the camera sends.
        network: What the node runs.
        minutes: How long.
        folder: Fresh folder for records and logs.

    Raises:
        RunFailedError: A process ended, or masks and frames contradict each other.
    """
    samples = []
    with Stage(VARIANTS["ours"], case, network, folder) as stage:
        (node,) = stage.nodes
        begin = time.monotonic_ns()
        end = begin + round(minutes * MINUTE_S * SECOND)
        while (now := time.monotonic_ns()) < end:
            samples.append(((now - begin) / SECOND, memory(node)))
            stage.wait(min(SAMPLE_S, (end - now) / SECOND))
        samples.append(((time.monotonic_ns() - begin) / SECOND, memory(node)))
        stage.settle(end)
        span = min(round(MINUTE_S * SECOND), (end - begin) // 2)
        first, last, whole = (
            stage.outcomes(window)[case.cameras[0]]
            for window in (
                Window(begin, begin + span),
                Window(end - span, end),
                Window(begin, end),
            )
        )
    return Soak((end - begin) / SECOND, samples, first, last, whole)


def as_lines(result: Soak) -> list[str]:
    """Return the result in words."""
    before, after = result.memory
    lines = [
        f"{name}: p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f}, max {most:.2f} ms, "
        f"{part.received}/{part.sent} masks"
        for name, part in (("first", result.first), ("last", result.last), ("all", result.all))
        for p50, p95, p99, most in [np.percentile(part.latencies, (50, 95, 99, 100))]
    ]
    for name, was, now in (
        ("own memory", before.own, after.own),
        ("all resident memory", before.total, after.total),
    ):
        lines.append(f"{name}: {was:.1f} -> {now:.1f} MiB, {now - was:+.2f}")
    return lines


def as_document(result: Soak) -> dict[str, Any]:
    """Return the result as JSON values."""
    return {
        "seconds": result.seconds,
        "samples": [{"at_s": at, **asdict(value)} for at, value in result.samples],
        **{
            name: {
                "sent": part.sent,
                "received": part.received,
                "percentiles_ms": dict(
                    zip(
                        ("p50", "p95", "p99", "max"),
                        np.percentile(part.latencies, (50, 95, 99, 100)).tolist(),
                        strict=True,
                    )
                ),
            }
            for name, part in (("first", result.first), ("last", result.last), ("all", result.all))
        },
    }


def _median(values: list[Memory]) -> Memory:
    own, files, shared = np.median([(m.own, m.files, m.shared) for m in values], axis=0).tolist()
    return Memory(own, files, shared)
