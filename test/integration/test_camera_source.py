# SPDX-License-Identifier: Apache-2.0
"""The camera source publishes as CARLA's cameras do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.camera import pixels
from sensor_msgs.msg import CameraInfo, Image

from unet_perception.dataset import write_pair
from unet_perception.labels import load_label_set
from unet_perception.playback.source import StreetSource

CAMERA = "/carla/ego_vehicle/rgb_front"
TRUTH = "/carla/ego_vehicle/semantic_segmentation_front/image"


def stamps(messages: list[Any]) -> list[float]:
    return [m.header.stamp.sec + m.header.stamp.nanosec / 1e9 for m in messages]


def test_the_street_comes_as_carlas_camera(peer: Any) -> None:
    images = peer.subscribe(Image, f"{CAMERA}/image")
    infos = peer.subscribe(CameraInfo, f"{CAMERA}/camera_info")
    truths = peer.subscribe(Image, TRUTH)
    node = peer.start("camera_source", "--ros-args", "-p", "conditions:=ClearNoon", "-p", "seed:=3")
    truth = truths.wait(lambda m: len(truths) > 20)
    image = images.wait(lambda m: m.header.stamp == truth.header.stamp)
    info = infos.wait(lambda m: m.header.stamp == truth.header.stamp)
    assert (image.width, image.height, image.encoding, image.step) == (800, 600, "bgra8", 3200)
    assert image.header.frame_id == "ego_vehicle/rgb_front"
    assert info.header == image.header
    assert (info.width, info.height, info.k[0]) == (800, 600, pytest.approx(400.0))
    assert (truth.width, truth.height, truth.encoding) == (800, 600, "mono8")

    # Picture and truth are of the same frame of the street.
    source = StreetSource(3, 20.0, "ClearNoon", load_label_set("carla-0.8"))
    bgr = pixels(image)[..., :3]
    found = next(
        frame
        for frame in (source.frame(index) for index in range(200))
        if np.array_equal(frame.rgb[..., ::-1], bgr)
    )
    assert np.array_equal(found.ids, pixels(truth))
    assert (pixels(image)[..., 3] == 255).all()

    spacing = np.diff(stamps(images.messages))
    assert np.median(spacing) >= 0.9 / 20  # A busy machine has fewer.
    assert node.stop() == 0


def test_a_folder_is_played_once_and_the_node_stays(peer: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for number in range(60):
        rgb = np.full((6, 8, 3), (number, 2, 3), np.uint8)
        write_pair(folder, f"{number:06d}", rgb, np.full((6, 8), number % 13, np.uint8))
    images = peer.subscribe(Image, f"{CAMERA}/image")
    truths = peer.subscribe(Image, TRUTH)
    flags = ["-p", f"data:={folder}", "-p", "loop:=false", "-p", "rate:=8.0"]
    node = peer.start("camera_source", "--ros-args", *flags)
    node.wait_for_output("the last frame has been published")
    images.wait(lambda message: pixels(message)[0, 0][2] == 59)
    by_stamp = dict(zip(stamps(truths.messages), truths.messages, strict=True))
    numbers = []
    for stamp, message in zip(stamps(images.messages), images.messages, strict=True):
        blue, green, red, alpha = pixels(message)[0, 0]
        assert (blue, green, alpha) == (3, 2, 255)
        numbers.append(int(red))
        if stamp in by_stamp:
            assert (pixels(by_stamp[stamp]) == red % 13).all()
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 59
    assert len(numbers) > 10
    assert node.stop() == 0
