# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from unet_perception.nodes.diagnostics import (
    ERROR,
    OK,
    SILENCE_S,
    WARN,
    WINDOW_S,
    FrameStatistics,
)


def run(statistics: FrameStatistics, start: float, rate: float, seconds: float) -> float:
    """Frames that take 10 ms each; returns the time of the last mask."""
    now = start
    for number in range(round(rate * seconds)):
        arrival = start + number / rate
        now = arrival + 0.010
        statistics.received(arrival)
        statistics.published(now, arrival)
    return now


def test_before_the_first_frame() -> None:
    statistics = FrameStatistics(100.0)
    assert statistics.snapshot(100.0).level == OK
    assert statistics.snapshot(100.0).latency_ms is None
    late = statistics.snapshot(100.0 + SILENCE_S)
    assert late.level == WARN
    assert late.message == "no frames for 2 s"
    assert late.rate_hz == 0


def test_rate_and_latency_are_of_the_last_seconds() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 20.0, 10.0)
    state = statistics.snapshot(now)
    assert state.level == OK
    assert state.rate_hz == pytest.approx(20.0, rel=0.02)
    assert state.latency_ms == pytest.approx((10.0, 10.0, 10.0))
    assert (state.received, state.published) == (200, 200)

    now = run(statistics, 10.0, 5.0, 10.0)
    assert statistics.snapshot(now).rate_hz == pytest.approx(5.0, rel=0.05)


def test_the_rate_is_right_within_the_first_seconds_too() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 10.0, 2.0)
    assert statistics.snapshot(now).rate_hz == pytest.approx(10.0, rel=0.1)


def test_percentiles_show_the_slow_ones() -> None:
    statistics = FrameStatistics(0.0)
    for number in range(100):
        statistics.published(number / 100, number / 100 - (0.5 if number >= 97 else 0.01))
    state = statistics.snapshot(1.0)
    assert state.latency_ms is not None
    assert state.latency_ms[0] == pytest.approx(10.0)
    assert state.latency_ms[1] == pytest.approx(10.0)
    assert state.latency_ms[2] == pytest.approx(500.0)


def test_silence_after_frames() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 10.0, 3.0)
    assert statistics.snapshot(now + SILENCE_S / 2).level == OK
    silent = statistics.snapshot(now + WINDOW_S)
    assert (silent.level, silent.rate_hz, silent.latency_ms) == (WARN, 0.0, None)
    assert "no frames" in silent.message


def test_drops_are_counted_and_are_no_fault() -> None:
    statistics = FrameStatistics(0.0)
    statistics.received(0.1)
    statistics.received(0.2)
    statistics.dropped()
    statistics.published(0.3, 0.2)
    state = statistics.snapshot(0.4)
    assert (state.level, state.received, state.dropped, state.published) == (OK, 2, 1, 1)


def test_some_refusals_warn_until_they_stop() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 10.0, 1.0)
    statistics.refused(now, "step is 3")
    state = statistics.snapshot(now + 0.1)
    assert (state.level, state.refused, state.last_refusal) == (WARN, 1, "step is 3")
    assert "step is 3" in state.message
    now = run(statistics, now, 10.0, SILENCE_S + 0.2)
    later = statistics.snapshot(now)
    assert later.level == OK
    assert (later.refused, later.last_refusal) == (1, "step is 3")


def test_nothing_but_refusals_is_an_error() -> None:
    statistics = FrameStatistics(0.0)
    for number in range(5):
        statistics.received(number / 10)
        statistics.refused(number / 10, "encoding is 'x'")
    state = statistics.snapshot(0.5)
    assert state.level == ERROR
    assert "encoding is 'x'" in state.message
