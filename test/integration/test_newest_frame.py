# SPDX-License-Identifier: Apache-2.0
"""A node slower than its camera works on the newest frame and drops the others."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import Camera, pixels, stamp
from harness.peer import ENGINE, values
from sensor_msgs.msg import Image

from unet_perception.segmenter import open_segmenter

FRAMES = 60
PERIOD_S = 0.02


def test_frames_that_waited_are_dropped_and_counted_never_queued(
    peer: Any, slow_model: Any
) -> None:
    slow_segmenter = open_segmenter(str(slow_model), **ENGINE)
    camera = Camera(slow_segmenter)
    peer.perception(slow_model)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    frames = [camera.rgb(number) for number in range(FRAMES)]
    sent: list[float] = []
    arrived: dict[int, float] = {}
    for number, rgb in enumerate(frames):
        images.publish(camera.message(rgb, stamp=number))
        sent.append(time.monotonic())
        time.sleep(PERIOD_S)
        for message in masks.messages:
            arrived.setdefault(stamp(message), time.monotonic())
    masks.wait(lambda m: stamp(m) == FRAMES - 1)

    stamps = [stamp(message) for message in masks.messages]
    assert stamps == sorted(set(stamps))
    assert 3 <= len(stamps) < FRAMES / 2, "the model of this test must be slower than its camera"
    for message in masks.messages:
        assert np.array_equal(pixels(message), camera.mask(frames[stamp(message)]))

    # A queue would make the latency grow with every frame; here none is older than the frame
    # in work and its own, whenever it comes.
    once = FRAMES * PERIOD_S / len(stamps)
    latencies = [arrived[number] - sent[number] for number in stamps if number in arrived]
    assert max(latencies) < 4 * once + 0.2

    state = states.wait(lambda m: int(values(m)["published"]) == len(stamps))
    counts = {key: int(values(state)[key]) for key in ("received", "published", "dropped")}
    assert counts["received"] == counts["published"] + counts["dropped"]
    assert counts["dropped"] > FRAMES / 4
    assert values(state)["refused"] == "0"
    slow_segmenter.close()
