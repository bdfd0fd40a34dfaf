# SPDX-License-Identifier: Apache-2.0
"""The street as its callers see it."""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unet_perception.errors import ConfigError
from unet_perception.labels import load_label_set
from unet_perception.playback.street import (
    LABEL_SET,
    PRESETS,
    CameraModel,
    Conditions,
    Street,
    StreetFrame,
    preset,
)
from unet_perception.playback.street.chunk import Chunk

SMALL = CameraModel(width=200, height=150)


def digest(frame: StreetFrame) -> str:
    return hashlib.sha256(frame.rgb.tobytes() + frame.ids.tobytes()).hexdigest()


def test_a_frame_has_the_cameras_size_and_says_where_it_is_from():
    frame = Street(conditions=preset("ClearNoon")).frame(7)
    assert frame.rgb.shape == (600, 800, 3)
    assert frame.rgb.dtype == np.uint8
    assert frame.ids.shape == (600, 800)
    assert frame.ids.dtype == np.uint8
    assert frame.index == 7
    assert frame.conditions == "ClearNoon"


def test_the_same_frame_in_any_order_and_from_a_fresh_street():
    indices = [0, 340, 12_345_678, 12_345_679, 341]
    street = Street(4, SMALL)
    forward = {i: digest(street.frame(i)) for i in indices}
    backward = {i: digest(street.frame(i)) for i in reversed(indices)}
    assert forward == backward
    assert digest(Street(4, SMALL).frame(341)) == forward[341]
    assert len(set(forward.values())) == len(forward)


def test_the_same_frame_in_another_process(repo: Path):
    code = (
        "import hashlib\n"
        "from unet_perception.playback.street import CameraModel, Street\n"
        "f = Street(9, CameraModel(width=200, height=150)).frame(777)\n"
        "print(hashlib.sha256(f.rgb.tobytes() + f.ids.tobytes()).hexdigest())\n"
    )
    paths = os.pathsep.join([str(repo), *filter(None, [os.environ.get("PYTHONPATH")])])
    here = digest(Street(9, SMALL).frame(777))
    for number in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == here


def test_only_known_classes_and_all_the_main_ones_over_a_drive():
    labels = load_label_set(LABEL_SET)
    assert labels.name == Street.LABEL_SET
    street = Street(1, CameraModel(width=400, height=300))
    seen: set[int] = set()
    for index in range(0, 3600, 120):
        seen |= set(np.unique(street.frame(index).ids).tolist())
    assert seen <= {c.id for c in labels.classes}
    names = {labels.by_id(i).name for i in seen}
    main = "Roads RoadLines Sidewalks Buildings Fences Walls Poles TrafficSigns TrafficLight"
    assert {*main.split(), "Vegetation", "Terrain", "Sky", "Pedestrians", "Car"} <= names


def test_conditions_change_the_picture_and_never_the_classes():
    names = ("ClearNoon", "HardRainNoon", "FoggyNoon", "ClearSunset", "WetNight", "ClearNight")
    frames = {n: Street(2, SMALL, conditions=PRESETS[n]).frame(2222) for n in names}
    ids = frames["ClearNoon"].ids
    assert all(np.array_equal(frame.ids, ids) for frame in frames.values())
    assert len({frame.rgb.tobytes() for frame in frames.values()}) == len(names)
    assert frames["ClearNight"].rgb.mean() < 0.8 * frames["ClearNoon"].rgb.mean()


def test_the_drive_passes_through_weathers_without_touching_the_classes():
    street, noon = Street(2, SMALL), Street(2, SMALL, conditions=preset("ClearNoon"))
    names = set()
    for index in range(0, 5600, 400):
        frame = street.frame(index)
        names |= set(frame.conditions.split(">"))
        if index % 2000 == 0:
            assert np.array_equal(frame.ids, noon.frame(index).ids)
    assert {"ClearNoon", "HardRainNoon", "ClearSunset", "ClearNight", "FoggyNoon"} <= names


def test_weather_turns_slowly():
    street = Street(0, SMALL)
    means = [street.frame(i).rgb.mean() for i in range(276, 410, 4)]
    assert np.abs(np.diff(means)).max() < 9.0


def test_seeds_are_different_streets():
    frames = [Street(seed, SMALL, conditions=preset("ClearNoon")).frame(50) for seed in range(3)]
    assert len({f.ids.tobytes() for f in frames}) == 3
    assert digest(Street(-3, SMALL).frame(0)) != digest(Street(3, SMALL).frame(0))


def test_the_drive_moves_on():
    street = Street(0, SMALL, conditions=preset("ClearNoon"))
    a, b, c = (street.frame(i).ids for i in (100, 101, 140))
    assert 0 < np.mean(a != b) < np.mean(a != c)


def test_the_rate_sets_the_time_between_frames():
    slow, fast = Street(0, SMALL, rate=10.0), Street(0, SMALL, rate=20.0)
    assert np.array_equal(slow.frame(50).ids, fast.frame(100).ids)


def test_the_bonnet_can_be_left_out():
    car = load_label_set(LABEL_SET).by_name("Car").id
    assert (Street(0, SMALL).frame(0).ids[-5:] == car).all()
    assert not (Street(0, SMALL, bonnet=False).frame(0).ids[-5:] == car).all()


@pytest.mark.parametrize(
    "camera",
    [
        CameraModel(width=320, height=240, fov=60.0),
        CameraModel(width=333, height=201, fov=110.0, elevation=2.4, horizon=0.4),
        CameraModel(width=64, height=64, fov=20.0),
        CameraModel(width=640, height=360, fov=140.0, horizon=0.8),
    ],
)
def test_another_camera(camera: CameraModel):
    street = Street(0, camera)
    for index in (0, 230):
        frame = street.frame(index)
        assert frame.rgb.shape == (camera.height, camera.width, 3)
        assert frame.ids.shape == (camera.height, camera.width)
        assert len(np.unique(frame.ids)) > 3


def test_memory_stays_bounded():
    gc.collect()
    before = sum(isinstance(thing, Chunk) for thing in gc.get_objects())
    street = Street(0, CameraModel(width=64, height=64))
    for index in range(0, 4800, 600):
        street.frame(index)
    gc.collect()
    assert sum(isinstance(thing, Chunk) for thing in gc.get_objects()) - before <= 12


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 0),
        ("width", 320.5),
        ("height", 100_000),
        ("fov", 180.0),
        ("fov", float("nan")),
        ("elevation", -1.0),
        ("horizon", "half"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(key: str, value: object):
    with pytest.raises(ConfigError, match=f"{key} is {value!r}.*must be"):
        CameraModel(**{key: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value"),
    [("sun_altitude", 91.0), ("cloudiness", -1.0), ("wetness", 101.0), ("fog_density", True)],
)
def test_conditions_that_cannot_be_are_refused(key: str, value: float):
    with pytest.raises(ConfigError, match=f"{key} is {value!r}.*must be"):
        Conditions(**{key: value})


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="'Sunny'.*ClearNoon"):
        preset("Sunny")


@pytest.mark.parametrize("index", [-1, 1.5, True])
def test_an_index_that_cannot_be_is_refused(index: object):
    with pytest.raises(ConfigError, match="index is"):
        Street(0, SMALL).frame(index)  # type: ignore[arg-type]


def test_a_street_that_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="rate is 0"):
        Street(rate=0)
    with pytest.raises(ConfigError, match="seed is 1.5"):
        Street(1.5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="conditions is 'ClearNoon'"):
        Street(conditions="ClearNoon")  # type: ignore[arg-type]
