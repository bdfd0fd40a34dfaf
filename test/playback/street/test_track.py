# SPDX-License-Identifier: Apache-2.0
"""Where the drive runs in the world."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_perception.playback.street import Place, Track

TRACK = Track(3)


def gap(a: Place, b: Place) -> float:
    return math.hypot(b.x - a.x, b.y - a.y)


def test_the_centre_line_begins_at_the_origin() -> None:
    start = TRACK.place(0.0, 0.0)
    assert (start.x, start.y, start.z) == pytest.approx((0.0, 0.0, 0.0))


def test_a_metre_along_is_a_metre_in_the_world_in_the_direction_of_yaw() -> None:
    for distance in np.arange(-600.0, 2000.0, 1.0):
        a, b = TRACK.place(float(distance), 0.0), TRACK.place(float(distance) + 1.0, 0.0)
        assert gap(a, b) == pytest.approx(1.0, abs=1e-3)
        along = math.degrees(math.atan2(b.y - a.y, b.x - a.x))
        assert math.remainder(along - a.yaw, 360.0) == pytest.approx(0.0, abs=1.0)


def test_right_is_right_of_yaw() -> None:
    for distance in (10.0, 130.0, 1000.0):
        middle, right = TRACK.place(distance, 0.0), TRACK.place(distance, 3.0)
        turn = math.radians(middle.yaw)
        # In CARLA's axes, of which y points south, right of (cos, sin) is (-sin, cos).
        assert right.x - middle.x == pytest.approx(-3.0 * math.sin(turn), abs=1e-6)
        assert right.y - middle.y == pytest.approx(3.0 * math.cos(turn), abs=1e-6)


def test_the_ego_drives_in_its_lane() -> None:
    for distance in (100.0, 400.0, 650.0):
        lane = TRACK.layout(distance).lane
        assert gap(TRACK.place(distance), TRACK.place(distance, lane)) < 0.2


@settings(max_examples=30, deadline=None)
@given(st.floats(-1000.0, 4000.0))
def test_a_place_does_not_depend_on_what_was_asked_before(distance: float) -> None:
    assert Track(3).place(distance) == TRACK.place(distance)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.0, 4000.0), st.floats(-3.0, 3.0))
def test_the_nearest_distance_of_a_place_on_the_road(distance: float, aside: float) -> None:
    at = TRACK.place(distance)
    turn = math.radians(at.yaw)
    x, y = at.x - aside * math.sin(turn), at.y + aside * math.cos(turn)
    assert TRACK.nearest(x, y) == pytest.approx(distance, abs=1.0)


def test_the_nearest_distance_stays_within_the_length() -> None:
    start, end = TRACK.place(-300.0), TRACK.place(1500.0)
    assert TRACK.nearest(start.x, start.y) == 0.0
    assert TRACK.nearest(end.x, end.y, length=1000.0) == 1000.0
