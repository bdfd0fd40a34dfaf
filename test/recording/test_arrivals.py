# SPDX-License-Identifier: Apache-2.0
"""Images are handed on for whole frames alone."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.recording.arrivals import MOST, Arrivals


def test_it_waits_for_every_camera() -> None:
    arrivals: Arrivals[str] = Arrivals(2)
    arrivals.put(5, "rgb", "a")
    assert arrivals.take(5, 0.01) is None
    thread = threading.Timer(0.05, lambda: arrivals.put(6, "ids", "d"))
    thread.start()
    arrivals.put(6, "rgb", "c")
    assert arrivals.take(6, 30.0) == {"rgb": "c", "ids": "d"}
    thread.join()


def test_it_waits_no_longer_than_told() -> None:
    start = time.monotonic()
    assert Arrivals[str](1).take(1, 0.1) is None
    assert 0.09 < time.monotonic() - start < 5.0


def test_frames_that_nobody_takes_do_not_pile_up() -> None:
    arrivals: Arrivals[str] = Arrivals(2)
    for frame in range(10 * MOST):
        arrivals.put(frame, "rgb", "a")
        arrivals.put(frame, "ids", "b")
    assert len(arrivals._open) == MOST
    assert arrivals.take(9 * MOST - 1, 0.0) is None
    assert arrivals.take(10 * MOST - 1, 0.0) == {"rgb": "a", "ids": "b"}


@given(
    st.permutations([(frame, name) for frame in range(5) for name in ("rgb", "ids")]),
    st.sets(st.integers(0, 4)),
)
def test_a_frame_has_its_own_images_or_none(
    order: list[tuple[int, str]], skipped: set[int]
) -> None:
    arrivals: Arrivals[tuple[int, str]] = Arrivals(2)
    for frame, name in order:
        arrivals.put(frame, name, (frame, name))
    for frame in range(5):
        if frame in skipped:
            arrivals.pass_over(frame)
            continue
        assert arrivals.take(frame, 0.0) == {name: (frame, name) for name in ("rgb", "ids")}
        # What comes late is not taken for a later frame's.
        arrivals.put(frame, "rgb", (frame, "rgb"))
    assert not arrivals._open
