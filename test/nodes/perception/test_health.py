# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from unet_perception.nodes.perception.health import judge
from unet_perception.nodes.perception.statistics import Counts, Percentiles, Snapshot
from unet_perception.options.diagnostics import ERROR, OK, SILENCE_S, WARN
from unet_perception.options.perception import Limits

GOOD = Snapshot(
    counts=Counts(received=100, published=95, dropped=5),
    rate_hz=19.0,
    dropped_share=0.05,
    latency=Percentiles(10.0, 14.0, 20.0, 30.0),
    waited=None,
    engine=None,
    by_stamp=None,
    silent_s=0.05,
    refused_lately=False,
    served_lately=True,
    last_refusal="",
)
NONE_YET = replace(GOOD, counts=Counts(), latency=None, rate_hz=0.0, served_lately=False)


@pytest.mark.parametrize(
    ("state", "level", "words"),
    [
        (GOOD, OK, "segmenting"),
        (NONE_YET, OK, "ready"),
        (replace(NONE_YET, silent_s=7.0), WARN, "no frames for 7 s"),
        (replace(GOOD, silent_s=SILENCE_S), WARN, "no frames for 2 s"),
        (
            replace(GOOD, refused_lately=True, last_refusal="step is 3"),
            WARN,
            "some frames are refused: step is 3",
        ),
        (
            replace(GOOD, refused_lately=True, served_lately=False, last_refusal="step is 3"),
            ERROR,
            "every frame is refused: step is 3",
        ),
    ],
)
def test_without_limits(state: Snapshot, level: int, words: str) -> None:
    assert judge(state, Limits()) == (level, words)


@pytest.mark.parametrize(
    ("limits", "level", "words"),
    [
        (Limits(latency_warn_ms=14.1), OK, "segmenting"),
        (Limits(latency_warn_ms=13.9), WARN, "latency p95 is 14.0 ms, above 13.9"),
        (Limits(latency_warn_ms=1, latency_error_ms=13), ERROR, "latency p95 is 14.0 ms, above 13"),
        (Limits(rate_warn_hz=20, rate_error_hz=10), WARN, "rate is 19.0 Hz, below 20"),
        (Limits(rate_warn_hz=20, rate_error_hz=19.5), ERROR, "rate is 19.0 Hz, below 19.5"),
        (Limits(dropped_warn_percent=4), WARN, "5 % of the frames are dropped"),
        (Limits(dropped_warn_percent=6), OK, "segmenting"),
        (
            Limits(latency_warn_ms=1, rate_error_hz=20),
            ERROR,
            "rate is 19.0 Hz, below 20",
        ),
    ],
)
def test_the_worst_of_what_was_expected_is_told(limits: Limits, level: int, words: str) -> None:
    assert judge(GOOD, limits) == (level, words)


def test_a_paused_simulation_is_no_fault() -> None:
    silent = replace(GOOD, silent_s=9.0, rate_hz=0.0)
    level, words = judge(silent, Limits(rate_error_hz=5.0), paused_s=8.6)
    assert (level, words) == (OK, "paused: simulated time has stood still for 9 s")
    # A clock that goes on, or stood still for a moment only, is no excuse.
    assert judge(silent, Limits(), paused_s=0.4)[0] == WARN
