# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.imaging import Frame
from unet_perception.ros.transport.arrivals import Picture
from unet_perception.ros.transport.handover import Handover

TOPIC = "/car/front/image"
FRAMES = 6


def test_frames_are_handed_over_as_they_were() -> None:
    handover = Handover()
    taken: list[Picture] = []
    assert not handover.has(TOPIC)
    handover.offer(TOPIC)
    assert handover.has(TOPIC)
    buffer = np.zeros((4, 6, 4), np.uint8)
    # Nobody takes them yet.
    handover.put(TOPIC, Frame(buffer, "bgra8"), "header 0")
    handover.take(TOPIC, taken.append)
    for number in range(1, FRAMES + 1):
        buffer[:] = number
        handover.put(TOPIC, Frame(buffer, "bgra8"), f"header {number}")
    buffer[:] = 99
    for number, picture in enumerate(taken, start=1):
        assert picture.header == f"header {number}"
        assert (picture.frame.pixels == number).all()
        assert picture.frame.encoding == "bgra8"
    handover.take(TOPIC, None)
    handover.put(TOPIC, Frame(buffer, "bgra8"), "late")
    assert len(taken) == FRAMES


def test_a_camera_may_change_its_size() -> None:
    handover = Handover()
    taken: list[Picture] = []
    handover.offer(TOPIC)
    handover.take(TOPIC, taken.append)
    handover.put(TOPIC, Frame(np.full((4, 6, 4), 1, np.uint8), "bgra8"), None)
    handover.put(TOPIC, Frame(np.full((2, 2, 3), 2, np.uint8), "rgb8"), None)
    assert [picture.frame.pixels.shape for picture in taken] == [(4, 6, 4), (2, 2, 3)]
    assert (taken[0].frame.pixels == 1).all()
