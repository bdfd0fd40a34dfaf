# SPDX-License-Identifier: Apache-2.0
"""Going on with a folder: only with the same things, and only when every pair is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from recorded_pairs import CAMERA, IDENTITY, check_whole, job, record

from unet_perception.dataset import DatasetInfo, read_info, write_pair
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording.identity import identity_of
from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairWriter


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    record(tmp_path / "deep" / "down", range(3), "a")
    record(tmp_path / "deep" / "down", range(3, 8), "b")
    with open_folder(tmp_path / "deep" / "down", IDENTITY) as folder:
        assert folder.next_number == 8
        assert folder.done_by_set == {"a": 3, "b": 5}
        assert folder.strays == 0
    assert check_whole(tmp_path / "deep" / "down") == 8


def test_the_folder_says_what_is_in_it(tmp_path: Path) -> None:
    open_folder(tmp_path, replace(IDENTITY, source="a test")).close()
    info = read_info(tmp_path)
    assert info == replace(IDENTITY, source="a test")
    assert info is not None
    assert (info.label_set, info.carla_version, info.format) == ("carla-0.9.14", "0.9.16", 1)
    assert info.cameras["CameraMask"] == CAMERA


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            replace(IDENTITY, label_set="carla-0.9.10"),
            r"label set carla-0\.9\.14, this recording has carla-0\.9\.10",
        ),
        (
            replace(IDENTITY, carla_version="0.9.15"),
            r"CARLA version 0\.9\.16, this recording has 0\.9\.15",
        ),
        (
            replace(IDENTITY, cameras={**IDENTITY.cameras, "CameraRGB": {**CAMERA, "fov": 70.0}}),
            r"CameraRGB fov 90\.0, this recording has 70\.0",
        ),
        (
            replace(IDENTITY, cameras={**IDENTITY.cameras, "CameraDepth": CAMERA}),
            "CameraDepth no camera, this recording has a camera",
        ),
    ],
)
def test_another_recording_is_refused_with_both_named(
    tmp_path: Path, other: DatasetInfo, message: str
) -> None:
    record(tmp_path, range(2))
    with pytest.raises(DatasetError, match=message):
        open_folder(tmp_path, other)
    assert check_whole(tmp_path) == 2
    assert not (tmp_path / "CameraDepth").exists()


def test_what_makes_no_recording_is_refused() -> None:
    with pytest.raises(ConfigError, match="no CameraMask"):
        identity_of("carla-0.8", {"CameraRGB": CAMERA})
    with pytest.raises(ConfigError, match="CameraMask: width is None"):
        identity_of("carla-0.8", {"CameraRGB": CAMERA, "CameraMask": {}})


def test_two_recorders_never_share_a_folder(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder:
        writer = PairWriter(folder)
        writer.submit(job(0))
        with pytest.raises(DatasetError, match="another recorder is writing there"):
            open_folder(tmp_path, IDENTITY)
        writer.close()
    open_folder(tmp_path, IDENTITY).close()


def test_strays_go_and_everything_else_stays(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    strays = [
        "CameraRGB/000003.png",
        "CameraMask/000004.png",
        "CameraMask/.000003.png.tmp",
        ".dataset.json.tmp",
        ".plan.json.tmp",
        ".val.txt.tmp",
    ]
    others = ["CameraRGB/notes.txt", "CameraRGB/._000001.png", "CameraMask/mine.png", "train.txt"]
    for path in strays + others:
        (tmp_path / path).write_text("x")
    with open_folder(tmp_path, IDENTITY) as folder:
        assert folder.strays == len(strays)
        assert folder.next_number == 3
    assert not [path for path in strays if (tmp_path / path).exists()]
    assert [path for path in others if (tmp_path / path).exists()] == others


def test_pictures_that_no_crash_can_leave_are_not_removed(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    (tmp_path / "CameraRGB" / "000300.png").write_text("x")
    with pytest.raises(DatasetError, match=r"000300\.png.*ends before 000003.*are lost"):
        open_folder(tmp_path, IDENTITY)
    assert (tmp_path / "CameraRGB" / "000300.png").exists()


@pytest.mark.parametrize("lost", ["manifest.jsonl", "dataset.json"])
def test_pictures_that_were_not_recorded_here_are_not_touched(tmp_path: Path, lost: str) -> None:
    record(tmp_path, range(3))
    (tmp_path / lost).unlink()
    with pytest.raises(DatasetError, match=rf"pictures but no {lost}"):
        open_folder(tmp_path, IDENTITY)
    assert len(list(tmp_path.rglob("*.png"))) == 6


def test_somebodys_dataset_is_not_touched(tmp_path: Path, numbered_pairs: Path) -> None:
    bgra, ids = job(0).images.values()
    write_pair(tmp_path, "000000", bgra[..., :3], ids)
    for root, missing in ((tmp_path, "dataset.json"), (numbered_pairs, "manifest.jsonl")):
        before = sorted(root.rglob("*"))
        with pytest.raises(DatasetError, match=f"no {missing}: it was not recorded here"):
            open_folder(root, IDENTITY)
        assert sorted(root.rglob("*")) == before


def test_damage_is_named_and_refused(tmp_path: Path) -> None:
    record(tmp_path, range(40))
    path = tmp_path / "CameraMask" / "000001.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    open_folder(tmp_path, IDENTITY).close()  # quick: an old pair's sum is not compared
    with pytest.raises(DatasetError, match=r"CameraMask/000001\.png: was changed"):
        open_folder(tmp_path, IDENTITY, "full")
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"CameraMask/000001\.png: is empty"):
        open_folder(tmp_path, IDENTITY)
    path.unlink()
    with pytest.raises(DatasetError, match=r"CameraMask/000001\.png: is missing"):
        open_folder(tmp_path, IDENTITY)
    path.write_bytes(whole)
    (tmp_path / "CameraRGB" / "000039.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"CameraRGB/000039\.png: was changed"):
        open_folder(tmp_path, IDENTITY)


def test_a_way_to_verify_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="verify is 'some'; it must be quick or full"):
        open_folder(tmp_path, IDENTITY, "some")


def test_a_layout_of_another_time_is_refused(tmp_path: Path) -> None:
    record(tmp_path, range(1))
    info = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps({**info, "format": 2}))
    with pytest.raises(DatasetError, match="format 2, this recorder writes 1"):
        open_folder(tmp_path, IDENTITY)
