# SPDX-License-Identifier: Apache-2.0
"""What a playback server's cameras are shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.labels import load_label_set
from unet_perception.playback.scenes import (
    STREETS_KEPT,
    CameraView,
    FolderScene,
    Moment,
    StreetScene,
)
from unet_perception.playback.street import CameraModel, Street, preset

OLD = load_label_set("carla-0.8")
NEW = load_label_set("carla-0.9.14")
SMALL = CameraView(width=96, height=72)
NOON = preset("ClearNoon")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        rgb = np.full((6, 8, 3), 10 * number, np.uint8)
        write_pair(tmp_path, f"{number:06d}", rgb, np.full((6, 8), number + 1, np.uint8))
    return tmp_path


def at(index: int) -> Moment:
    return Moment(index, index / 20, index * 0.4, NOON)


def test_the_street_is_what_its_camera_sees() -> None:
    scene = StreetScene(2)
    view = replace(SMALL, x=1.0, y=-0.5, z=2.5, yaw=30.0, pitch=-5.0, fov=70.0)
    model = CameraModel(96, 72, 70.0, 2.5, forward=1.0, right=-0.5, yaw=30.0, pitch=-5.0)
    shown = scene.render(view, Moment(7, 3.0, 50.0, NOON))
    frame = Street(2, model).view(3.0, 50.0, NOON, 7)
    assert np.array_equal(shown.rgb, frame.rgb)
    assert np.array_equal(shown.ids, frame.ids)
    assert scene.label_set == NEW


def test_yaw_is_taken_round_the_circle() -> None:
    scene = StreetScene(2)
    a, b = (scene.render(replace(SMALL, yaw=yaw), at(5)) for yaw in (-90.0, 270.0))
    assert np.array_equal(a.rgb, b.rgb)


def test_without_conditions_the_drive_has_its_own_weather() -> None:
    scene = StreetScene(2)
    moments = [Moment(0, seconds, 10.0, None) for seconds in (0.0, 70.0)]
    day, rain = (scene.render(SMALL, moment).rgb for moment in moments)
    assert day.mean() > rain.mean() + 5


def test_more_views_than_are_kept() -> None:
    scene = StreetScene(2)
    views = [replace(SMALL, yaw=10.0 * k) for k in range(STREETS_KEPT + 2)]
    first = [scene.render(view, at(0)).rgb for view in views]
    again = [scene.render(view, at(0)).rgb for view in views]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("key", "value"),
    [("x", 30.0), ("y", -9.0), ("z", 60.0), ("pitch", -90.0), ("fov", 5.0), ("width", 16)],
)
def test_a_view_the_street_cannot_show_is_refused_by_its_name(key: str, value: float) -> None:
    view = replace(CameraView(), **{key: value})
    with pytest.raises(ConfigError, match=f"{key} is {value!r}: it must be"):
        StreetScene(2).check(view)
    with pytest.raises(ConfigError, match=f"{key} is {value!r}: it must be"):
        StreetScene(2).render(view, at(0))


def test_a_folder_is_played_by_the_index_and_again(folder: Path) -> None:
    scene = FolderScene(folder, label_set=OLD)
    view = CameraView(width=8, height=6)
    shown = [scene.render(view, at(index)) for index in range(6)]
    assert [int(frame.ids[0, 0]) for frame in shown] == [1, 2, 3, 4, 1, 2]
    assert [int(frame.rgb[0, 0, 0]) for frame in shown] == [0, 10, 20, 30, 0, 10]
    assert shown[4] is shown[0]


@pytest.mark.parametrize("size", [(16, 12), (4, 3), (5, 11)])
def test_a_folder_is_shown_at_the_size_of_the_camera(tmp_path: Path, size: tuple[int, int]) -> None:
    ids = np.array([[1, 9], [4, 7]], np.uint8).repeat(6, 0).repeat(8, 1)
    write_pair(tmp_path, "0", np.zeros((12, 16, 3), np.uint8), ids)
    scene = FolderScene(tmp_path, label_set=OLD)
    frame = scene.render(CameraView(width=size[0], height=size[1]), at(0))
    assert frame.rgb.shape == (size[1], size[0], 3)
    assert frame.ids.shape == (size[1], size[0])
    assert set(np.unique(frame.ids)) == {1, 4, 7, 9}


def test_a_folder_keeps_no_more_than_it_may(folder: Path) -> None:
    size = 6 * 8 * 4
    scene = FolderScene(folder, label_set=OLD, kept_bytes=2 * size)
    view = CameraView(width=8, height=6)
    first = scene.render(view, at(0))
    assert scene.render(view, at(0)) is first
    for index in (1, 2):
        scene.render(view, at(index))
    assert scene.render(view, at(0)) is not first


def test_the_label_set_is_the_folders_own_or_the_one_asked_for(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"no dataset\.json"):
        FolderScene(folder)
    write_info(folder, DatasetInfo("carla-0.9.14"))
    view = CameraView(width=8, height=6)
    assert FolderScene(folder).label_set == NEW
    assert (FolderScene(folder).render(view, at(0)).ids == NEW.by_name("Roads").id).all()
    mapped = FolderScene(folder, label_set=OLD)
    assert mapped.label_set == OLD
    assert (mapped.render(view, at(0)).ids == OLD.by_name("Roads").id).all()


def test_auto_takes_val_where_there_is_one(folder: Path) -> None:
    (folder / "val.txt").write_text("000001\n000003\n")
    assert len(FolderScene(folder, label_set=OLD).pairs) == 2
    assert len(FolderScene(folder, "all", label_set=OLD).pairs) == 4


def test_a_size_that_cannot_be_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="width is 0"):
        FolderScene(folder, label_set=OLD).check(CameraView(width=0))
