# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from unet_perception.ros.camera_info import fill_pinhole, for_picture, sibling_topic


@pytest.mark.parametrize(
    ("image", "info"),
    [
        ("/carla/ego_vehicle/rgb_front/image", "/carla/ego_vehicle/rgb_front/camera_info"),
        ("/cam/image_raw/compressed", "/cam/camera_info"),
        ("/cam/image_rect_color", "/cam/camera_info"),
        ("/image", "/camera_info"),
        ("/image/compressed", "/camera_info"),
        ("/compressed", "/camera_info"),
    ],
)
def test_the_sibling_of_an_image_topic(image: str, info: str) -> None:
    assert sibling_topic(image) == info


def camera_info() -> Any:
    info = SimpleNamespace(header="camera", roi=SimpleNamespace())
    fill_pinhole(info, 800, 600, 90.0, 300.0)
    info.roi = SimpleNamespace(x_offset=80, y_offset=60, width=400, height=300)
    return info


def test_a_pinhole_of_90_degrees() -> None:
    info = camera_info()
    assert info.k == pytest.approx([400, 0, 400, 0, 400, 300, 0, 0, 1])
    assert info.p == pytest.approx([400, 0, 400, 0, 0, 400, 300, 0, 0, 0, 1, 0])


def test_the_same_size_changes_the_header_only() -> None:
    info = camera_info()
    relayed = for_picture(info, "mask", 800, 600)
    assert (relayed.header, info.header) == ("mask", "camera")
    assert (relayed.k, relayed.p, relayed.width) == (info.k, info.p, 800)


def test_another_size_scales_the_intrinsics() -> None:
    relayed = for_picture(camera_info(), "mask", 400, 150)
    assert (relayed.width, relayed.height) == (400, 150)
    assert relayed.k == pytest.approx([200, 0, 200, 0, 100, 75, 0, 0, 1])
    assert relayed.p == pytest.approx([200, 0, 200, 0, 0, 100, 75, 0, 0, 0, 1, 0])
    assert vars(relayed.roi) == {"x_offset": 40, "y_offset": 15, "width": 200, "height": 75}


def test_an_uncalibrated_camera_is_relayed_as_it_is() -> None:
    info = camera_info()
    info.width = info.height = 0
    assert for_picture(info, "mask", 400, 300).k == info.k
