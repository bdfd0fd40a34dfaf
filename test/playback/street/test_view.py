# SPDX-License-Identifier: Apache-2.0
"""The street from anywhere on the drive, at any time, in any weather, by any camera."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_perception.errors import ConfigError
from unet_perception.labels import load_label_set
from unet_perception.playback.street import (
    LABEL_SET,
    PRESETS,
    CameraModel,
    Conditions,
    Street,
    StreetFrame,
    World,
    carla_conditions,
    preset,
)

LABELS = load_label_set(LABEL_SET)
ROAD, CAR, SKY = (LABELS.by_name(name).id for name in ("Roads", "Car", "Sky"))
NOON = preset("ClearNoon")
WORLD = World(1, kept=24)


def small(**mount: float) -> CameraModel:
    return CameraModel(width=200, height=150, **mount)  # type: ignore[arg-type]


def shot(
    camera: CameraModel, distance: float = 100.0, seconds: float = 12.0, bonnet: bool = False
) -> StreetFrame:
    street = Street(1, camera, world=WORLD, bonnet=bonnet)
    return street.view(seconds, distance, conditions=NOON)


def digest(frame: StreetFrame) -> str:
    return hashlib.sha256(frame.rgb.tobytes() + frame.ids.tobytes()).hexdigest()


@pytest.mark.parametrize("conditions", [None, preset("HardRainNight")])
def test_a_frame_is_the_view_of_a_drive_at_8_metres_a_second(conditions: Conditions | None) -> None:
    street = Street(4, small(), conditions=conditions)
    for index in (0, 333, 1003):
        frame, view = street.frame(index), street.view(index / 20, index * 8 / 20)
        assert digest(frame) == digest(view)
        assert (frame.index, frame.conditions) == (view.index, view.conditions)


def test_time_moves_the_traffic_and_distance_the_car() -> None:
    street = Street(1, small(), world=WORLD)
    here = street.view(10.0, 100.0, NOON, index=0).ids
    later = street.view(10.3, 100.0, NOON, index=0).ids
    ahead = street.view(10.0, 103.0, NOON, index=0).ids
    assert np.array_equal(here, street.view(10.0, 100.0, NOON, index=9).ids)
    assert 0.0 < np.mean(here != later) < 0.1
    assert np.mean(here != ahead) > np.mean(here != later)


def test_a_weather_is_not_left_over_from_the_one_before() -> None:
    street = Street(1, small(), world=WORLD)
    looks = [Conditions(sun_altitude=a, cloudiness=c) for a in (40.0, 5.0, -30.0) for c in (0, 80)]
    first = [digest(street.view(3.0, 50.0, look)) for look in looks]
    assert len(set(first)) == len(looks)
    assert [digest(street.view(3.0, 50.0, look)) for look in looks] == first
    assert street.view(3.0, 50.0, looks[1]).conditions == "custom"
    assert street.view(3.0, 50.0, NOON).conditions == "ClearNoon"
    ids = street.view(3.0, 50.0, looks[0]).ids
    assert all(np.array_equal(street.view(3.0, 50.0, look).ids, ids) for look in looks)


def test_streets_share_a_world_of_their_seed_only() -> None:
    alone, shared = Street(1, small(yaw=60.0)), Street(1, small(yaw=60.0), world=WORLD)
    assert digest(alone.view(5.0, 300.0)) == digest(shared.view(5.0, 300.0))
    with pytest.raises(ConfigError, match="world is of seed 1: it must be of seed 2"):
        Street(2, world=WORLD)


def test_a_lens_farther_ahead_sees_what_the_car_will_see() -> None:
    # On a straight stretch, where the road does not turn; the car bobs by a centimetre.
    ahead, there = shot(small(forward=6.0), 20.0).ids, shot(small(), 26.0).ids
    assert np.mean(ahead != there) < 0.05
    assert np.mean(shot(small(), 20.0).ids != there) > np.mean(ahead != there)


def test_a_higher_lens_sees_more_road_far_away() -> None:
    low, high = shot(small(elevation=0.6)).ids, shot(small(elevation=5.0)).ids
    band = slice(76, 90)
    assert (high[band] == ROAD).sum() < (low[band] == ROAD).sum()


def test_pitch_moves_the_horizon() -> None:
    level, down = shot(small()).ids, shot(small(pitch=-10.0)).ids
    rows = round(small().focal * math.tan(math.radians(10.0)))
    assert np.mean(level[rows + 5 :] != down[5:-rows]) < 0.04


@pytest.mark.parametrize("yaw", [-60.0, -20.0, 20.0, 60.0])
def test_yaw_shows_what_a_wider_lens_sees_at_that_side(yaw: float) -> None:
    """Directions that two cameras share have the same class in both."""
    wide, turned = small(fov=120.0), small(yaw=yaw, fov=70.0)
    front, side = shot(wide).ids, shot(turned).ids
    rows, columns = np.mgrid[0:150, 0:200] + 0.5
    right = (columns - 100.0) / turned.focal
    up = (75.0 - rows) / turned.focal
    cos, sin = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    ahead, across = cos - right * sin, sin + right * cos
    u = np.floor(100.0 + wide.focal * across / np.maximum(ahead, 0.01)).astype(int)
    v = np.floor(75.0 - wide.focal * up / np.maximum(ahead, 0.01)).astype(int)
    both = (ahead > 0.1) & (u >= 0) & (u < 200) & (v >= 0) & (v < 150)
    # The skyline behind everything is not shared, and trees always face the lens.
    assert both.mean() > 0.2
    assert np.mean(front[v[both], u[both]] == side[both]) > 0.85


def test_behind_lies_the_road_one_came_from() -> None:
    back = shot(small(yaw=180.0), 300.0).ids
    assert (back[-20:] == ROAD).mean() > 0.5
    assert (back[:20] == SKY).any()
    assert len(np.unique(back)) > 8


def test_yaw_of_half_a_turn_either_way_is_one_view() -> None:
    left, right = shot(small(yaw=-180.0)), shot(small(yaw=180.0))
    assert np.mean(left.ids != right.ids) < 0.05


@pytest.mark.parametrize(
    ("mount", "seen"),
    [
        ({}, True),
        ({"forward": 2.0}, False),
        ({"forward": -5.5}, False),
        ({"yaw": 60.0}, False),
        ({"yaw": -30.0}, True),
        ({"yaw": 180.0}, False),
    ],
)
def test_the_bonnet_is_there_where_the_lens_would_see_it(
    mount: dict[str, float], seen: bool
) -> None:
    camera = small(**mount)
    with_it, without = shot(camera, bonnet=True).ids, shot(camera).ids
    assert np.array_equal(with_it, without) != seen
    if seen:
        assert (with_it[-1] == CAR).mean() > 0.3


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180.0, 180.0),
    st.floats(-30.0, 30.0),
    st.floats(-10.0, 10.0),
    st.floats(0.4, 6.0),
    st.floats(0.0, 2000.0),
    st.sampled_from(sorted(PRESETS)),
)
def test_any_mount_anywhere_gives_known_classes(
    yaw: float, pitch: float, forward: float, elevation: float, distance: float, name: str
) -> None:
    camera = CameraModel(
        width=96, height=72, yaw=yaw, pitch=pitch, forward=forward, elevation=elevation
    )
    frame = Street(1, camera, world=WORLD).view(distance / 5, distance, preset(name))
    assert set(np.unique(frame.ids).tolist()) <= set(LABELS.ids)


@pytest.mark.parametrize(
    ("key", "value"),
    [("forward", 11.0), ("right", -5.0), ("yaw", 181.0), ("pitch", -60.0), ("elevation", 0.1)],
)
def test_a_mount_that_cannot_be_is_refused(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{key} is {value!r}: it must be a number from"):
        CameraModel(**{key: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("seconds is -1", (-1.0, 0.0)),
        ("distance is nan", (0.0, math.nan)),
        ("conditions is 'ClearNoon'", (0.0, 0.0, "ClearNoon")),
        ("index is -1", (0.0, 0.0, None, -1)),
    ],
)
def test_a_view_that_cannot_be_is_refused(words: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ConfigError, match=words):
        Street(1, small(), world=WORLD).view(*arguments)  # type: ignore[arg-type]


def test_carla_weather_becomes_conditions() -> None:
    found = carla_conditions(
        cloudiness=60.2,
        precipitation=30.0,
        precipitation_deposits=50.0,
        wind_intensity=40.0,
        sun_azimuth_angle=250.0,
        sun_altitude_angle=15.1,
        fog_density=20.0,
        wetness=10.0,
        dust_storm=3.0,
    )
    assert found == Conditions(15.0, 60.0, 30.0, 20.0, 50.0)


def test_far_fog_is_thinner_and_carlas_own_noon_is_ours() -> None:
    assert carla_conditions(fog_density=60.0, fog_distance=50.0).fog_density == 30.0
    noon = carla_conditions(
        cloudiness=5.0, sun_altitude_angle=45.0, fog_density=2.0, fog_distance=0.75
    )
    assert noon == NOON


@given(st.lists(st.floats(), min_size=7, max_size=7))
def test_carla_weather_is_never_refused(values: list[float]) -> None:
    names = ("cloudiness", "precipitation", "precipitation_deposits", "sun_altitude_angle")
    names += ("fog_density", "fog_distance", "wetness")
    assert isinstance(carla_conditions(**dict(zip(names, values, strict=True))), Conditions)
