# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from unet_perception.nodes.perception.statistics import FrameStatistics, Served
from unet_perception.options.diagnostics import SILENCE_S, WINDOW_S


def run(statistics: FrameStatistics, start: float, rate: float, seconds: float) -> float:
    """Frames that wait 2 ms and take 10 ms in all; returns the time of the last mask."""
    now = start
    for number in range(round(rate * seconds)):
        arrival = start + number / rate
        now = arrival + 0.010
        statistics.received(arrival)
        statistics.published(Served(now, 0.010, 0.002, 0.007))
    return now


def test_before_the_first_frame() -> None:
    state = FrameStatistics(100.0).snapshot(103.0)
    assert (state.rate_hz, state.latency, state.silent_s) == (0.0, None, 3.0)
    assert state.values()["latency_p50_ms"] == "nan"


def test_rate_and_latency_are_of_the_last_seconds() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 20.0, 10.0)
    state = statistics.snapshot(now)
    assert state.rate_hz == pytest.approx(20.0, rel=0.02)
    assert state.latency is not None
    assert state.waited is not None
    assert state.engine is not None
    assert (state.latency.p50, state.latency.most) == pytest.approx((10.0, 10.0))
    assert (state.waited.p99, state.engine.p95) == pytest.approx((2.0, 7.0))
    assert (state.counts.received, state.counts.published) == (200, 200)

    now = run(statistics, 10.0, 5.0, 10.0)
    assert statistics.snapshot(now).rate_hz == pytest.approx(5.0, rel=0.05)


def test_the_rate_is_right_within_the_first_seconds_too() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 10.0, 2.0)
    assert statistics.snapshot(now).rate_hz == pytest.approx(10.0, rel=0.1)


def test_percentiles_show_the_slow_ones() -> None:
    statistics = FrameStatistics(0.0)
    for number in range(100):
        latency = 0.5 if number >= 97 else 0.01
        statistics.published(Served(number / 100, latency, 0.0, latency))
    latency = statistics.snapshot(1.0).latency
    assert latency is not None
    assert (latency.p50, latency.p95, latency.p99) == pytest.approx((10.0, 10.0, 500.0))
    assert latency.most == pytest.approx(500.0)


def test_silence_after_frames() -> None:
    statistics = FrameStatistics(0.0)
    now = run(statistics, 0.0, 10.0, 3.0)
    state = statistics.snapshot(now + WINDOW_S)
    assert (state.rate_hz, state.latency, state.served_lately) == (0.0, None, False)
    assert state.silent_s == pytest.approx(WINDOW_S + 0.01)


def test_drops_are_counted_and_their_share_is_of_the_last_seconds() -> None:
    statistics = FrameStatistics(0.0)
    for number in range(30):
        now = number / 10
        statistics.received(now)
        if number % 3:
            statistics.dropped(now)
        else:
            statistics.published(Served(now, 0.01, 0.0, 0.01))
    state = statistics.snapshot(3.0)
    assert (state.counts.received, state.counts.dropped, state.counts.published) == (30, 20, 10)
    assert state.dropped_share == pytest.approx(2 / 3)
    assert statistics.snapshot(3.0 + WINDOW_S).dropped_share == 0.0


def test_refusals_are_remembered_and_are_lately_for_a_while() -> None:
    statistics = FrameStatistics(0.0)
    statistics.refused(1.0, "step is 3")
    state = statistics.snapshot(1.5)
    assert (state.refused_lately, state.served_lately) == (True, False)
    later = statistics.snapshot(1.0 + SILENCE_S)
    assert (later.refused_lately, later.last_refusal) == (False, "step is 3")
    assert later.counts.refused == 1


def test_what_was_left_out_is_told_apart() -> None:
    statistics = FrameStatistics(0.0)
    statistics.limited()
    statistics.published(Served(0.1, 0.01, 0.0, 0.0), unchanged=True)
    statistics.published(Served(0.2, 0.01, 0.0, 0.01))
    counts = statistics.snapshot(0.3).counts
    assert (counts.limited, counts.unchanged, counts.published) == (1, 1, 2)


def test_latency_by_stamps_is_told_only_while_all_clocks_agree() -> None:
    statistics = FrameStatistics(0.0)
    statistics.published(Served(0.1, 0.01, 0.0, 0.0, by_stamp=0.012))
    by_stamp = statistics.snapshot(0.2).by_stamp
    assert by_stamp is not None
    assert by_stamp.p50 == pytest.approx(12.0)
    assert "stamp_to_mask_p50_ms" in statistics.snapshot(0.2).values()
    statistics.published(Served(0.3, 0.01, 0.0, 0.0))
    assert statistics.snapshot(0.4).by_stamp is None
    assert "stamp_to_mask_p50_ms" not in statistics.snapshot(0.4).values()
