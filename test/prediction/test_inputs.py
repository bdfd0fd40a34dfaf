# SPDX-License-Identifier: Apache-2.0
"""Which files are predicted, and what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from unet_perception.errors import DatasetError
from unet_perception.prediction.inputs import Video, find_inputs


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_give_what_is_in_them(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    touch(a / "2.png", a / "10.JPG", a / "notes.txt", a / ".3.png", a / "clip.mp4")
    touch(b / "CameraRGB" / "1.png", b / "CameraMask" / "1.png")
    found = find_inputs([a, b])
    assert [(item.name, item.is_video) for item in found] == [
        ("10", False),
        ("2", False),
        ("clip", True),
        ("1", False),
    ]
    assert found[-1].path == b / "CameraRGB" / "1.png"


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.png", tmp_path / "b" / "1.png", tmp_path / "b" / "2.png")
    names = [item.name for item in find_inputs([tmp_path / "a", tmp_path / "b"])]
    assert names == ["a_1", "b_1", "2"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.png", "absent.png: there is no such"),
        ("notes.txt", "neither a picture"),
        ("empty", "has no picture and no video"),
        ("double", "double_1' like those of"),
    ],
)
def test_what_cannot_be_predicted_is_named(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "notes.txt", tmp_path / "double" / "1.png", tmp_path / "double" / "1.jpg")
    with pytest.raises(DatasetError, match=words):
        find_inputs([tmp_path / name])


def test_a_video_gives_its_frames_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (64, 48))
    for number in range(5):
        writer.write(np.full((48, 64, 3), (10, 20, 40 * number), np.uint8))
    writer.release()
    video = Video(path)
    assert (video.rate, video.expected) == (12.5, 5)
    red = [frame[..., 0].mean() for frame in video.frames()]
    assert red == pytest.approx([0, 40, 80, 120, 160], abs=4)
    video.close()


@pytest.mark.parametrize("data", [b"", b"no video at all" * 40])
def test_what_is_no_video_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"bad\.mp4: cannot be read as a video"):
        Video(path)
