# SPDX-License-Identifier: Apache-2.0
"""Many cameras, one engine: each gets its own masks, and none starves."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import ENGINE, values
from sensor_msgs.msg import Image

NAMES = ("front", "left", "right", "rear")
FRAMES = 12


def start(peer: Any, model: Any) -> Any:
    flags = {"model": model, **ENGINE, "cameras": f"[{', '.join(NAMES)}]"}
    topic = ("-p", "input_image_topic:=/car/{camera}/image")
    given = [x for key, value in flags.items() for x in ("-p", f"{key}:={value}")]
    return peer.start("perception", "--ros-args", *given, *topic)


def test_each_mask_is_of_its_own_camera_and_frame(peer: Any, model: Any, camera: Any) -> None:
    start(peer, model)
    masks = {name: peer.subscribe(Image, f"/perception/{name}/mask") for name in NAMES}
    images = {name: peer.publisher(Image, f"/car/{name}/image") for name in NAMES}
    for name in NAMES:
        peer.wait_for_reader(f"/car/{name}/image", reliable=True)
    sizes = {"front": (60, 80), "left": (60, 80), "right": (48, 64), "rear": (90, 120)}
    for number in range(FRAMES):
        shown = {}
        for place, name in enumerate(NAMES):
            shown[name] = camera.rgb(number * len(NAMES) + place, *sizes[name])
            message = camera.message(shown[name], stamp=number)
            message.header.frame_id = name
            images[name].publish(message)
        for name in NAMES:
            mask = masks[name].wait(lambda m, number=number: stamp(m) == number)
            assert mask.header.frame_id == name
            assert np.array_equal(pixels(mask), camera.mask(shown[name]))


def test_a_camera_that_floods_leaves_the_others_their_turn(
    peer: Any, slow_model: Any, camera: Any
) -> None:
    start(peer, slow_model)
    masks = {name: peer.subscribe(Image, f"/perception/{name}/mask") for name in NAMES}
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = {name: peer.publisher(Image, f"/car/{name}/image") for name in NAMES}
    for name in NAMES:
        peer.wait_for_reader(f"/car/{name}/image", reliable=True)
    message = camera.message(camera.rgb(1), stamp=1)
    done = threading.Event()

    def flood() -> None:
        while not done.is_set():
            images["front"].publish(message)
            time.sleep(0.005)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for number in range(3):
            for name in NAMES[1:]:
                images[name].publish(camera.message(camera.rgb(2), stamp=number))
            for name in NAMES[1:]:
                masks[name].wait(lambda m, number=number: stamp(m) == number)
    finally:
        done.set()
        thread.join()
    counts = [values(states.wait(lambda m: len(m.status) == len(NAMES)), i) for i in range(4)]
    assert all(int(count["refused"]) == 0 for count in counts)
    assert len(masks["front"]) >= 3
