# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from unet_perception.nodes.perception.sim_time import SimTime


def test_a_clock_that_was_never_seen_is_not_paused() -> None:
    watch = SimTime()
    assert watch.paused(0, 5.0) == 0.0
    assert watch.paused(0, 50.0) == 0.0


def test_time_that_stands_still_counts_from_its_last_step() -> None:
    watch = SimTime()
    assert watch.paused(1_000, 1.0) == 0.0
    assert watch.paused(2_000, 2.0) == 0.0
    assert watch.paused(2_000, 9.5) == 7.5
    # A new episode begins at an earlier time.
    assert watch.paused(50, 10.0) == 0.0
