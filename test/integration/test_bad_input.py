# SPDX-License-Identifier: Apache-2.0
"""Frames that do not fit their own description are refused, counted and survived."""

from __future__ import annotations

import time
from array import array
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import values
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

DAMAGES: list[tuple[str, dict[str, Any]]] = [
    ("data", {"data": array("B", bytes(100))}),
    ("data", {"data": array("B")}),
    ("data", {"height": 61}),
    ("step", {"step": 239}),
    ("step", {"step": 0}),
    ("width", {"width": 0}),
    ("height", {"height": 0}),
    ("width", {"width": 2**32 - 1}),
    ("step", {"width": 16384}),
    ("encoding", {"encoding": "bayer_rggb8"}),
    ("encoding", {"encoding": ""}),
    ("encoding", {"encoding": "mono16\n\0\x1b[31m"}),
]


def test_a_bad_frame_is_refused_and_the_next_good_one_served(
    peer: Any, model: Any, camera: Any
) -> None:
    node = peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    rgb = camera.rgb(1)
    expected = camera.mask(rgb)
    for number, (_, damage) in enumerate(DAMAGES):
        bad = camera.message(rgb, stamp=1000 + number)
        for key, value in damage.items():
            setattr(bad, key, value)
        images.publish(bad)
        # Its turn comes before the good one's, which would otherwise replace it.
        time.sleep(0.1)
        images.publish(camera.message(rgb, stamp=number))
        mask = masks.wait(lambda m, number=number: stamp(m) == number)
        assert np.array_equal(pixels(mask), expected)
    assert [stamp(m) for m in masks.messages] == list(range(len(DAMAGES)))
    every = str(len(DAMAGES))
    state = states.wait(lambda m: values(m)["refused"] == values(m)["published"] == every)
    assert state.status[0].level == b"\x01"
    assert "refused" in state.status[0].message
    assert "encoding" in values(state)["last_refusal"]
    assert 1 <= node.output.count("refused the frame") < len(DAMAGES), "logged at a bounded rate"
    states.wait(lambda m: "no frames" in m.status[0].message)
    assert node.stop() == 0


def test_the_reason_of_each_refusal_is_shown(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model)
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    for number in range(3):
        what, damage = DAMAGES[number * 4]
        bad = camera.message(camera.rgb(1), stamp=number)
        for key, value in damage.items():
            setattr(bad, key, value)
        states = peer.subscribe(DiagnosticArray, "/diagnostics")
        images.publish(bad)
        state = states.wait(lambda m, n=number: values(m)["refused"] == str(n + 1))
        assert values(state)["last_refusal"].startswith(what)
        assert state.status[0].level == b"\x02"
        assert "every frame is refused" in state.status[0].message


def test_bytes_that_are_no_message_are_refused(peer: Any, model: Any, camera: Any) -> None:
    node = peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    infos = peer.publisher(CameraInfo, "/camera_info")
    peer.wait_for_reader("/image", reliable=True)
    peer.wait_for_reader("/camera_info", reliable=True)
    whole = serialize_message(camera.message(camera.rgb(1)))
    # The length of frame_id, a string, says that it goes on far beyond the message.
    endless = whole[:12] + b"\xff\xff\xff\x7f" + whole[16:]
    damaged = (whole[:4], whole[:20], whole[: len(whole) // 2], endless, b"\xff" * 100)
    for data in damaged:
        infos.publish(data)
        images.publish(data)
        time.sleep(0.1)
    states.wait(lambda m: values(m)["refused"] == str(len(damaged)))
    images.publish(camera.message(camera.rgb(1), stamp=7))
    assert np.array_equal(pixels(masks.wait()), camera.mask(camera.rgb(1)))
    assert node.stop() == 0


def test_a_bad_compressed_image_is_refused(peer: Any, model: Any) -> None:
    node = peer.perception(model)
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(CompressedImage, "/image")
    peer.wait_for_reader("/image", reliable=True)
    for data in (b"", b"no picture", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n" + bytes(40)):
        images.publish(CompressedImage(format="jpeg", data=data))
        time.sleep(0.1)
    state = states.wait(lambda m: values(m)["refused"] == "4")
    assert "compressed image" in values(state)["last_refusal"]
    assert node.stop() == 0
