# SPDX-License-Identifier: Apache-2.0
"""From CARLA to the browser."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness.browsing import numbers
from harness.camera import pixels
from harness.peer import wait_until
from harness.seen import start_view
from harness.topics import nanoseconds
from sensor_msgs.msg import Image


@pytest.mark.skipif(not find_spec("carla"), reason="CARLA's client is not installed")
def test_the_whole_way_from_carla_to_the_page(
    peer: Any,
    view: Any,
    model: Path,
    start_carla_server: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Playback server, CARLA's client in the bridge, perception, page and browser."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    server = start_carla_server("--rate", "10")
    bridge = ["--ros-args", "-p", f"port:={server.port}", "-p", "autopilot:=true"]
    peer.start("carla_bridge", *bridge)
    peer.perception(model, "-r", "image:=/carla/ego_vehicle/rgb_front/image")
    masks = peer.subscribe(Image, "/perception/mask")
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    first = page.stamp
    wait_until(lambda: page.stamp > first, "the next one")
    stamp = page.freeze()
    mask = pixels(masks.wait(lambda message: nanoseconds(message.header) == stamp))
    for x, y in np.random.default_rng(0).random((20, 2)):
        # A frame that is still on its way to the screen takes the words away for a moment.
        told = wait_until(lambda x=x, y=y: numbers(page.point(x, y)), "class, column and row")
        class_id, column, row = told
        assert class_id == mask[row, column]
    saved = cv2.imread(str(page.save("mask", tmp_path)), cv2.IMREAD_UNCHANGED)
    assert saved.tobytes() == mask.tobytes()
    assert "openvino" in page.page.inner_text("#numbers")
