# SPDX-License-Identifier: Apache-2.0
"""Bridge and perception in one process: frames go from one to the other without a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels
from harness.peer import ENGINE, values
from harness.topics import RGB, nanoseconds
from harness.world import world
from sensor_msgs.msg import Image

from unet_perception.imaging import Frame
from unet_perception.ros.transport.shared_memory import SHARED_MEMORY


def start(peer: Any, server: Any, model: Path) -> Any:
    given = {
        "carla_bridge:port": server.port,
        "perception:model": model,
        "perception:input_image_topic": f"{RGB}/image",
        **{f"perception:{key}": value for key, value in ENGINE.items()},
    }
    flags = [x for key, value in given.items() for x in ("-p", f"{key}:={value}")]
    return peer.start("carla_perception", "--ros-args", *flags)


def test_each_mask_is_of_the_picture_that_is_published_under_its_header(
    peer: Any, server: Any, model: Path, segmenter: Any
) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    before = world(server)
    others = set(SHARED_MEMORY.iterdir())  # the test's own
    node = start(peer, server, model)
    masks.wait(lambda m: len(masks) >= 40)
    state = states.wait(
        lambda m: m.status[0].name == "perception: perception" and int(values(m)["published"]) >= 20
    )
    # Nobody subscribes to the camera but this test.
    readers = peer.node.get_subscriptions_info_by_topic(f"{RGB}/image")
    assert [info.node_name for info in readers] == ["peer"]
    assert values(state)["input_topic"] == f"{RGB}/image"
    assert values(state)["refused"] == "0"
    segments = node.shared_memory() - others
    assert segments
    assert node.stop() == 0, node.output
    assert world(server) == before
    assert not [segment for segment in segments if segment.exists()]

    image_at = {nanoseconds(message.header): message for message in images.messages}
    compared = 0
    for mask in masks.messages:
        image = image_at.get(nanoseconds(mask.header))
        if image is None:
            continue
        assert mask.header == image.header
        expected = segmenter.segment(Frame(pixels(image), "bgra8")).mask
        assert np.array_equal(pixels(mask), expected)
        compared += 1
    assert compared >= 20
