# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.nodes.perception.rate_limit import RateLimit


def passed(times: list[float], most_hz: float) -> list[float]:
    limit = RateLimit()
    return [now for now in times if limit.allows(now, most_hz)]


def camera(rate: float, seconds: float) -> list[float]:
    return [number / rate for number in range(round(rate * seconds))]


@pytest.mark.parametrize(
    ("rate", "limit", "given"),
    [(30, 0, 30), (30, 60, 30), (30, 30, 30), (30, 20, 20), (30, 10, 10), (10, 7, 7), (60, 1, 1)],
)
def test_a_regular_camera_gives_the_limit(rate: float, limit: float, given: float) -> None:
    assert len(passed(camera(rate, 20.0), limit)) / 20.0 == pytest.approx(given, rel=0.06)


def test_a_camera_as_fast_as_the_limit_may_be_irregular() -> None:
    times = [number / 20 + (0.004 if number % 2 else 0.0) for number in range(200)]
    assert len(passed(times, 20.0)) == 200


def test_after_a_pause_there_is_no_burst() -> None:
    times = [0.0, *(10.0 + number / 100 for number in range(100))]
    assert len(passed(times, 10.0)) == pytest.approx(11, abs=1)


@given(
    gaps=st.lists(st.floats(1e-4, 1.0), min_size=2, max_size=200),
    limit=st.floats(0.5, 100.0),
)
def test_never_much_more_than_the_limit(gaps: list[float], limit: float) -> None:
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        times.append(now)
    through = passed(times, limit)
    assert len(through) <= (through[-1] - through[0]) * limit * 1.001 + 2.2
