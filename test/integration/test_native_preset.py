# SPDX-License-Identifier: Apache-2.0
"""With the shipped preset the perception node reads what CARLA itself publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels
from harness.peer import values
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

CAMERA = "/carla/hero/rgb"
QOS = {
    "0.9.16": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL),
    "sensor data": (ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE),
}


@pytest.mark.parametrize("name", QOS)
def test_a_mask_comes_with_what_carla_offers(
    peer: Any, model: Path, camera: Any, repo: Path, name: str
) -> None:
    reliability, durability = QOS[name]
    offered = QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=1, reliability=reliability, durability=durability
    )
    images = peer.publisher(Image, f"{CAMERA}/image", offered)
    infos = peer.publisher(CameraInfo, f"{CAMERA}/camera_info", offered)
    masks = peer.subscribe(Image, "/perception/mask")
    info_copies = peer.subscribe(CameraInfo, "/perception/camera_info")
    status = peer.subscribe(DiagnosticArray, "/diagnostics")
    node = peer.perception(model, "--params-file", str(repo / "config/perception_native.yaml"))
    peer.wait_for_reader(f"{CAMERA}/image", reliability == ReliabilityPolicy.RELIABLE)
    peer.wait_for_reader(f"{CAMERA}/camera_info", reliability == ReliabilityPolicy.RELIABLE)

    infos.publish(CameraInfo(width=80, height=60))
    rgb = camera.rgb(7)
    # Best effort may lose one: as a camera does, there is a next one.
    for number in range(1, 6):
        images.publish(camera.message(rgb, "bgra8", stamp=number))
    mask = masks.wait()
    assert np.array_equal(pixels(mask), camera.mask(rgb))
    info_copies.wait(lambda m: m.header == mask.header)
    told = values(status.wait(lambda m: values(m)["published"] != "0"))
    assert told["input_topic"] == f"{CAMERA}/image"
    assert reliability.name in told["input_qos"]
    assert node.stop() == 0
