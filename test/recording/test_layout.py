# SPDX-License-Identifier: Apache-2.0
"""Cameras that make pairs, and those that do not."""

from __future__ import annotations

import pytest

from unet_perception.carla.cameras import CameraSpec
from unet_perception.errors import ConfigError
from unet_perception.recording.layout import camera_folders


def pair(name: str, yaw: float = 0.0) -> list[CameraSpec]:
    return [
        CameraSpec(f"rgb_{name}", "rgb", yaw=yaw),
        CameraSpec(f"ids_{name}", "semantic_segmentation", yaw=yaw),
    ]


def test_the_first_view_has_the_plain_folders() -> None:
    cameras = [*pair("front"), CameraSpec("depth", "depth"), *pair("left", -60.0)]
    assert camera_folders(cameras) == {
        "rgb_front": "CameraRGB",
        "ids_front": "CameraMask",
        "depth": "CameraDepth",
        "rgb_left": "CameraRGB_left",
        "ids_left": "CameraMask_left",
    }


@pytest.mark.parametrize(
    ("cameras", "words"),
    [
        ([], "no cameras"),
        (pair("front")[:1], "has no semantic_segmentation camera"),
        ([pair("front")[0], pair("front", 1.0)[1]], "has no"),
        ([*pair("front"), CameraSpec("other", "rgb")], "two cameras of one type"),
        (
            [CameraSpec("a", "rgb", rate=5.0), CameraSpec("b", "semantic_segmentation", rate=5.0)],
            "camera a: rate is 5",
        ),
    ],
)
def test_cameras_that_make_no_pairs_are_refused(cameras: list[CameraSpec], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        camera_folders(cameras)
