# SPDX-License-Identifier: Apache-2.0
"""What a whole system must show: source, perception, and masks that fit the camera."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness.camera import pixels
from harness.peer import Peer, values, wait_until
from harness.topics import RGB, SEMANTIC, nanoseconds
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from unet_perception.labels import UNLABELED, label_map, load_label_set

NODE = "/perception"
TRUTH_LABEL_SET = "carla-0.9.14"
PAIRS = 6
TICK_NS = 50_000_000
AGREEMENT = 0.7
"""Share of the pixels; the shipped model has over 0.9 on most streets."""

TOPICS = {
    f"{RGB}/image": ("sensor_msgs/msg/Image", "VOLATILE"),
    f"{RGB}/camera_info": ("sensor_msgs/msg/CameraInfo", "VOLATILE"),
    f"{SEMANTIC}/image": ("sensor_msgs/msg/Image", "VOLATILE"),
    "/clock": ("rosgraph_msgs/msg/Clock", "VOLATILE"),
    f"{NODE}/mask": ("sensor_msgs/msg/Image", "VOLATILE"),
    f"{NODE}/overlay": ("sensor_msgs/msg/Image", "VOLATILE"),
    f"{NODE}/color_mask": ("sensor_msgs/msg/Image", "VOLATILE"),
    f"{NODE}/camera_info": ("sensor_msgs/msg/CameraInfo", "VOLATILE"),
    f"{NODE}/labels": ("std_msgs/msg/String", "TRANSIENT_LOCAL"),
    f"{NODE}/latency": ("std_msgs/msg/Float32MultiArray", "VOLATILE"),
    "/diagnostics": ("diagnostic_msgs/msg/DiagnosticArray", "VOLATILE"),
}
"""Topics of a bridge and a perception node: type and durability; all are reliable."""

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


def check_topics(peer: Peer) -> None:
    """Every topic is there, with its type and QoS."""
    for topic, (kind, durability) in TOPICS.items():
        infos = wait_until(lambda name=topic: peer.node.get_publishers_info_by_topic(name), topic)
        for info in infos:
            assert info.topic_type == kind, topic
            assert info.qos_profile.reliability == ReliabilityPolicy.RELIABLE, topic
            assert info.qos_profile.durability == DurabilityPolicy[durability], topic


def check_headers(peer: Peer) -> None:
    """Masks, overlays and camera_info come again and again, each with a camera's header."""
    camera = peer.subscribe(Image, f"{RGB}/image")
    inboxes = {
        "mask": peer.subscribe(Image, f"{NODE}/mask"),
        "overlay": peer.subscribe(Image, f"{NODE}/overlay"),
        "camera_info": peer.subscribe(CameraInfo, f"{NODE}/camera_info"),
    }

    def pairs(inbox: Any) -> list[tuple[Any, Any]]:
        seen = {nanoseconds(message.header): message for message in camera.messages}
        found = [(seen.get(nanoseconds(x.header)), x) for x in inbox.messages]
        return [(original, x) for original, x in found if original is not None]

    for name, inbox in inboxes.items():
        wait_until(lambda inbox=inbox: len(pairs(inbox)) >= PAIRS, f"{PAIRS} of {name}")
        for original, message in pairs(inbox):
            assert message.header == original.header
            assert (message.height, message.width) == (original.height, original.width)
    check_steps(camera.messages)
    check_steps(inboxes["mask"].messages)
    assert {message.encoding for message in inboxes["mask"].messages} == {"mono8"}
    assert {message.encoding for message in inboxes["overlay"].messages} == {"rgb8"}


def check_steps(messages: list[Any]) -> None:
    """Stamps rise by whole ticks of simulated time; a busy reader misses some."""
    stamps = [nanoseconds(message.header) for message in messages]
    for before, after in pairwise(stamps):
        step = after - before
        assert step > 0
        assert step % TICK_NS == 0


def check_masks_against_truth(peer: Peer) -> None:
    """The masks are those of the street that the source shows."""
    told = peer.subscribe(String, f"{NODE}/labels", LATCHED).wait()
    label_set = load_label_set(json.loads(told.data)["name"])
    table = label_map(load_label_set(TRUTH_LABEL_SET), label_set)
    truths = peer.subscribe(Image, f"{SEMANTIC}/image")
    masks = peer.subscribe(Image, f"{NODE}/mask")

    def pairs() -> list[tuple[Any, Any]]:
        by_stamp = {nanoseconds(message.header): message for message in truths.messages}
        found = [(by_stamp.get(nanoseconds(mask.header)), mask) for mask in masks.messages]
        return [(truth, mask) for truth, mask in found if truth is not None]

    found = wait_until(lambda: len(pairs()) >= 3 and pairs(), "masks with their truth")
    for truth, mask in found:
        wanted = table.apply(pixels(truth))
        labelled = wanted != UNLABELED
        agreement = np.mean(pixels(mask)[labelled] == wanted[labelled])
        assert agreement > AGREEMENT, agreement


def check_diagnostics(peer: Peer) -> None:
    """The node says that all is well, and counts what it published."""
    diagnostics = peer.subscribe(DiagnosticArray, "/diagnostics")

    def well(message: Any) -> bool:
        status, told = message.status[0], values(message)
        # Right after the start the rate is that of an empty window.
        lively = int(told.get("published", "0")) > 0 and float(told["rate_hz"]) > 1.0
        return "perception" in status.name and status.level == DiagnosticStatus.OK and lively

    assert float(values(diagnostics.wait(well))["latency_p50_ms"]) > 0.0
