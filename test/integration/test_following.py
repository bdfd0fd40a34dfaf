# SPDX-License-Identifier: Apache-2.0
"""The node reads whatever the publishers offer, also when the offer changes."""

from __future__ import annotations

from typing import Any

import cv2
from harness.camera import stamp
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from unet_perception.ros.transport.outputs import reliable

BEST_EFFORT = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=5,
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
)
LATCHED = reliable(1, latched=True)


def test_the_subscription_follows_the_publishers(
    peer: Any, another_peer: Any, model: Any, camera: Any
) -> None:
    node = peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    peer.wait_for_reader("/image", reliable=False)

    weak = peer.publisher(Image, "/image", BEST_EFFORT)
    peer.wait_for_reader("/image", reliable=False)
    weak.publish(camera.message(camera.rgb(1), stamp=1))
    masks.wait(lambda m: stamp(m) == 1)
    peer.node.destroy_publisher(weak)

    # A latched frame from before the node listened so is delivered.
    latched = peer.publisher(Image, "/image", LATCHED)
    latched.publish(camera.message(camera.rgb(2), stamp=2))
    peer.wait_for_reader("/image", reliable=True)
    masks.wait(lambda m: stamp(m) == 2)

    # With a second, weaker publisher both are heard.
    weak = peer.publisher(Image, "/image", BEST_EFFORT)
    peer.wait_for_reader("/image", reliable=False)
    weak.publish(camera.message(camera.rgb(3), stamp=3))
    masks.wait(lambda m: stamp(m) == 3)
    latched.publish(camera.message(camera.rgb(4), stamp=4))
    masks.wait(lambda m: stamp(m) == 4)

    # The topic comes back from another process as something else to read.
    peer.node.destroy_publisher(weak)
    peer.node.destroy_publisher(latched)
    compressed = another_peer.publisher(CompressedImage, "/image")
    peer.wait_for_reader("/image", reliable=True)
    data = cv2.imencode(".png", camera.rgb(5))[1].tobytes()
    message = CompressedImage(format="png", data=data)
    message.header.stamp.sec = 5
    compressed.publish(message)
    masks.wait(lambda m: stamp(m) == 5)
    assert node.stop() == 0


def test_a_topic_that_carries_no_pictures_is_named(peer: Any, model: Any) -> None:
    node = peer.perception(model)
    peer.publisher(String, "/image")
    node.wait_for_output("/image is published as std_msgs/msg/String")
    assert node.stop() == 0
