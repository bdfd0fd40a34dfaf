# SPDX-License-Identifier: Apache-2.0
"""A node that was killed and started again beside those who write to it hears them again."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.peer import wait_until
from repetitions import repetitions
from sensor_msgs.msg import Image

from unet_perception.dataset import write_pair

CAMERAS = 3
KILLS = repetitions(12, 4)
TOPIC = "/carla/ego_vehicle/rgb_front/image"
SIZE = (600, 800)


@pytest.mark.exhaustive
def test_one_that_is_killed_and_started_again_hears_all(
    peer: Any, model: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    write_pair(folder, "0", rng.integers(0, 256, (*SIZE, 3), np.uint8), np.zeros(SIZE, np.uint8))
    for number in range(CAMERAS):
        # As large as a camera's: small messages would not meet what goes wrong here.
        given = ["-p", f"data:={folder}", "-p", "rate:=10.0", "-r", f"__node:=camera{number}"]
        peer.start("camera_source", "--ros-args", *given, "-r", f"{TOPIC}:=/image")
    masks = peer.subscribe(Image, "/perception/mask")
    for kill in range(KILLS):
        node = peer.perception(model)
        before = len(masks)
        # Without dead ports being stepped over, one restart in three was deaf for good.
        wait_until(lambda before=before: len(masks) > before + 3, f"masks after {kill} kills", 40)
        node.send(signal.SIGKILL)
        node.wait()
