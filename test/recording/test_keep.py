# SPDX-License-Identifier: Apache-2.0
"""Which frames are kept."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.recording.keep import KeepRule


def test_frames_of_a_standing_ego_are_left_out_unless_they_are_wanted() -> None:
    here = (0.0, 0.0, 0.0)
    assert not KeepRule(0.0, keep_standing=False).wants(here, 0.05)
    assert KeepRule(0.0, keep_standing=False).wants(here, 0.2)
    assert KeepRule(5.0, keep_standing=True).wants(here, 0.0)


@given(st.floats(0.1, 10.0), st.lists(st.floats(0.0, 2.0), max_size=200))
def test_kept_frames_are_as_far_apart_as_asked(distance: float, steps: list[float]) -> None:
    rule = KeepRule(distance, keep_standing=False)
    x, kept = 0.0, []
    for step in steps:
        x += step
        if rule.wants((x, 0.0, 0.0), 5.0):
            rule.kept((x, 0.0, 0.0))
            kept.append(x)
    assert all(b - a >= distance for a, b in itertools.pairwise(kept))
    assert bool(kept) == bool(steps)
