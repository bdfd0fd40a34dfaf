# SPDX-License-Identifier: Apache-2.0
"""Pictures out of rclpy's messages."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

pytest.importorskip("sensor_msgs", reason="ROS messages are not installed")

from sensor_msgs.msg import CompressedImage, Image

from unet_perception.errors import FrameError
from unet_perception.imaging import frame_of, image_message


def message(encoding: str) -> Image:
    return Image(height=2, width=2, encoding=encoding, step=6, data=array("B", range(12)))


def test_an_image_is_seen_where_it_lies() -> None:
    sent = message("bgr8")
    frame = frame_of(sent)
    assert frame.encoding == "bgr8"
    assert np.shares_memory(frame.pixels, np.frombuffer(sent.data, np.uint8))
    assert frame.pixels[1, 1].tolist() == [9, 10, 11]


def test_a_compressed_one_is_decoded_or_refused() -> None:
    with pytest.raises(FrameError, match="neither JPEG nor PNG"):
        frame_of(CompressedImage(format="jpeg", data=array("B", b"GIF89a")))


def test_an_unusual_encoding_names_the_package_that_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_message, "find_spec", lambda name: None)
    monkeypatch.setenv("ROS_DISTRO", "kilted")
    with pytest.raises(FrameError, match="ros-kilted-cv-bridge"):
        frame_of(message("yuv422"))
