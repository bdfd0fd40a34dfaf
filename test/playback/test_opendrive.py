# SPDX-License-Identifier: Apache-2.0
"""The street's map, as the real client of CARLA reads it; no server is needed for that."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from unet_perception.errors import ConfigError
from unet_perception.playback.opendrive import opendrive
from unet_perception.playback.street import Track

LENGTH = 1500.0
SEEDS = (0, 5)


@pytest.fixture
def carla() -> Any:
    return pytest.importorskip("carla", reason="needs CARLA's client, which reads the map")


def changing_lanes(track: Track, distance: float) -> bool:
    """Whether the ego is between the lanes of two stretches there."""
    before, after = track.layout(distance - 10.0), track.layout(distance + 10.0)
    return before.lane != after.lane


def test_the_text_is_the_same_each_time_and_has_the_length() -> None:
    text = opendrive(Track(1), LENGTH)
    assert text == opendrive(Track(1), LENGTH)
    assert text != opendrive(Track(2), LENGTH)
    root = ElementTree.fromstring(text)
    road = root.find("road")
    assert road is not None
    assert float(road.attrib["length"]) == LENGTH
    pieces = [float(piece.attrib["length"]) for piece in root.iter("geometry")]
    assert sum(pieces) == pytest.approx(LENGTH, abs=1e-3)
    assert (root.findtext("header/geoReference") or "").startswith("+proj=tmerc")


@pytest.mark.parametrize("length", [0.0, -4.0, math.nan, 1e9])
def test_a_length_that_cannot_be_is_refused(length: float) -> None:
    with pytest.raises(ConfigError, match="length is"):
        opendrive(Track(1), length)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_client_finds_the_egos_lane(carla: Any, seed: int) -> None:
    track = Track(seed)
    found = carla.Map("street", opendrive(track, LENGTH))
    for distance in np.arange(1.0, LENGTH - 1.0, 7.3).tolist():
        if changing_lanes(track, distance):
            continue
        place = track.place(distance)
        waypoint = found.get_waypoint(carla.Location(x=place.x, y=place.y))
        at = waypoint.transform.location
        assert math.hypot(at.x - place.x, at.y - place.y) < 0.5
        turn = waypoint.transform.rotation.yaw - place.yaw
        assert math.remainder(turn, 360.0) == pytest.approx(0.0, abs=0.2)
        assert waypoint.lane_id == -track.layout(distance).lanes
        assert waypoint.lane_type == carla.LaneType.Driving
        assert waypoint.s == pytest.approx(distance, abs=0.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_can_drive_along_the_map_from_end_to_end(carla: Any, seed: int) -> None:
    track = Track(seed)
    found = carla.Map("street", opendrive(track, LENGTH))
    place = track.place(30.0)
    waypoint = found.get_waypoint(carla.Location(x=place.x, y=place.y))
    steps = 0
    while following := waypoint.next(10.0):
        waypoint = following[0]
        steps += 1
    assert steps > (LENGTH - 60.0) / 10.0
    assert waypoint.lane_id == -track.layout(LENGTH - 10.0).lanes
    assert len(found.generate_waypoints(10.0)) > 2 * LENGTH / 11.0
    assert found.get_topology()


def test_oncoming_lanes_run_the_other_way_and_pavements_are_there(carla: Any) -> None:
    track = Track(0)
    found = carla.Map("street", opendrive(track, LENGTH))
    layout = track.layout(100.0)
    place = track.place(100.0, layout.oncoming)
    other = found.get_waypoint(carla.Location(x=place.x, y=place.y))
    assert other.lane_id == 1
    turn = other.transform.rotation.yaw - place.yaw
    assert abs(math.remainder(turn, 360.0)) == pytest.approx(180.0, abs=0.2)
    beside = track.place(100.0, layout.half + layout.walk / 2)
    where = carla.Location(x=beside.x, y=beside.y)
    walk = found.get_waypoint(where, lane_type=carla.LaneType.Sidewalk)
    assert walk.lane_width == pytest.approx(layout.walk)
    assert walk.transform.location.distance(where) < 0.1
