# SPDX-License-Identifier: Apache-2.0
"""Which topics are segmented by themselves, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import compressed, image, record, text, write_bag

from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import Choice, choose_topics
from unet_perception.errors import DatasetError, FrameError

PIXELS = np.full((4, 6, 3), 50, np.uint8)
DEPTH = {"encoding": "32FC1", "step": 24, "data": np.zeros(96, np.uint8)}

COLOUR = image(PIXELS, "bgr8", 0)
MASK = image(PIXELS, "mono8", 0)
DISTANCE = image(PIXELS, "mono8", 0, **DEPTH)
BAYER = image(PIXELS, "mono8", 0, encoding="bayer_rggb8")
JPEG = compressed(PIXELS, ".jpg", 0, "jpeg")
GRAY_PNG = compressed(PIXELS, ".png", 0, "mono8; png compressed ")
DEPTH_PNG = compressed(PIXELS, ".png", 0, "16UC1; compressedDepth png")


def choose(folder: Path, topics: dict[str, object], *wanted: str) -> Choice:
    recorded = [record(name, 10 + i, message) for i, (name, message) in enumerate(topics.items())]
    with BagSource(write_bag(folder / "in", "mcap", recorded)) as source:
        return choose_topics(source, wanted)


def test_all_that_shows_colours_is_chosen(tmp_path: Path) -> None:
    choice = choose(
        tmp_path,
        {
            "/front/image": COLOUR,
            "/front/image/compressed": JPEG,
            "/rear/image/compressed": JPEG,
            "/depth/image": DISTANCE,
            "/depth/image/compressedDepth": DEPTH_PNG,
            "/gray/compressed": GRAY_PNG,
            "/semantic/image": MASK,
            "/perception/overlay": COLOUR,
            "/note": text("no picture"),
        },
    )
    assert [(one.name, one.mask) for one in choice.topics] == [
        ("/front/image", "/front/mask"),
        ("/rear/image/compressed", "/rear/mask"),
    ]
    assert sorted(choice.left_out) == [
        "/depth/image is left out: encoding is '32FC1'; it must be one of bgr8, bgra8, mono8, "
        "rgb8, rgba8",
        "/depth/image/compressedDepth is left out: format is '16UC1; compressedDepth png': "
        "a depth picture",
        "/front/image/compressed is left out: it shows what /front/image shows",
        "/gray/compressed is left out: mono8 has no colours",
        "/perception/overlay is left out: overlay is what a perception node draws",
        "/semantic/image is left out: mono8 has no colours",
    ]


def test_what_is_wanted_is_taken_in_any_readable_encoding(tmp_path: Path) -> None:
    topics = {"/a/image": MASK, "/b/image/compressed": GRAY_PNG, "/c/image": COLOUR}
    choice = choose(tmp_path, topics, "/b/image/compressed", "/a/image", "/a/image")
    assert [one.name for one in choice.topics] == ["/b/image/compressed", "/a/image"]
    assert not choice.left_out


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("/absent", "has no topic /absent; image topics are /a/image, /d/image"),
        ("/note", "/note is a std_msgs/msg/String; image topics are /a/image, /d/image"),
        ("/d/image", "/d/image: encoding is '32FC1'"),
    ],
)
def test_what_is_wanted_and_cannot_be_is_refused(wanted: str, words: str, tmp_path: Path) -> None:
    topics = {"/a/image": COLOUR, "/d/image": DISTANCE, "/note": text("")}
    with pytest.raises((DatasetError, FrameError), match=words):
        choose(tmp_path, topics, wanted)


def test_a_bag_without_colours_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no image topic in colours: /d/image is left out"):
        choose(tmp_path, {"/d/image": DISTANCE})


def test_a_bag_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no image topic in colours$"):
        choose(tmp_path, {"/note": text("")})


def test_an_encoding_of_cv_bridge_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unet_perception.imaging.image_message.find_spec", lambda name: None)
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    with pytest.raises(DatasetError, match="sudo apt install ros-jazzy-cv-bridge"):
        choose(tmp_path, {"/cam/image": BAYER})


def test_names_that_are_taken_move_below_the_picture(tmp_path: Path) -> None:
    topics = {"/cam/image_raw": COLOUR, "/cam/image_rect": COLOUR, "/image": COLOUR}
    choice = choose(tmp_path, topics)
    assert [(one.mask, one.overlay, one.labels) for one in choice.topics] == [
        ("/cam/mask", "/cam/overlay", "/cam/labels"),
        ("/cam/image_rect/mask", "/cam/image_rect/overlay", "/cam/image_rect/labels"),
        ("/mask", "/overlay", "/labels"),
    ]


def test_masks_are_never_mixed_with_what_is_there(tmp_path: Path) -> None:
    topics = {"/cam/image": COLOUR, "/cam/mask": MASK, "/cam/image/labels": text("")}
    with pytest.raises(DatasetError, match="has /cam/image/mask already"):
        choose(tmp_path, topics)


def test_a_first_picture_that_is_damaged_does_not_decide(tmp_path: Path) -> None:
    recorded = [record("/cam/image", 10, COLOUR), record("/cam/image", 20, COLOUR)]
    bag = write_bag(tmp_path / "in", "sqlite3", recorded)
    damaged = type(recorded[0])("/cam/image", recorded[0].type_name, 5, b"\0\1\0\0rubbish")
    bag = write_bag(tmp_path / "damaged", "sqlite3", [damaged, *recorded])
    with BagSource(bag) as source:
        assert [one.name for one in choose_topics(source).topics] == ["/cam/image"]
