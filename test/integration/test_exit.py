# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM end the executables with exit code 0, whenever they come."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.peer import ENGINE
from repetitions import repetitions
from sensor_msgs.msg import Image

from unet_perception.dataset import write_pair

MOMENTS = repetitions(50, 25)
AT_ONCE = 4
SIGNALS = (
    (signal.SIGTERM,),
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM, signal.SIGINT),
    (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM),
)


@pytest.fixture
def flowing(peer: Any, camera: Any) -> Iterator[None]:
    """Frames that flow at 30 Hz all the time."""
    images = peer.publisher(Image, "/image")
    message = camera.message(camera.rgb(1, 600, 800), "bgra8")
    closing = threading.Event()

    def publish() -> None:
        while not closing.wait(1 / 30):
            images.publish(message)

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    closing.set()
    thread.join()


def stop_at_random(started: Any, seed: int, ready: str) -> tuple[int, str]:
    """Send signals at a random moment of start-up or, every other time, of work."""
    moment = random.Random(seed)
    started.wait_for_blocked_signals()
    if seed % 2:
        started.wait_for_output(ready)
        time.sleep(moment.uniform(0.0, 2.0))
    else:
        time.sleep(moment.uniform(0.0, 3.0) if seed % 4 else moment.uniform(0.0, 0.6))
    for number in SIGNALS[seed % len(SIGNALS)]:
        if started.popen.poll() is None:
            started.send(number)
        time.sleep(moment.choice((0.0, 0.001, 0.01, 0.05)))
    return started.wait(), started.output


@pytest.mark.exhaustive
@pytest.mark.usefixtures("flowing")
def test_perception_exits_with_0_at_any_moment(peer: Any, model: Path) -> None:
    arguments = [x for k, v in {"model": model, **ENGINE}.items() for x in ("-p", f"{k}:={v}")]

    def one(seed: int) -> tuple[int, str]:
        started = peer.start("perception", "--ros-args", *arguments)
        # Discovery may take seconds: one in four is sure to be at work when it is stopped.
        ready = "reading /image" if seed % 4 == 1 else "/perception/mask with"
        return stop_at_random(started, seed, ready)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(one, range(MOMENTS)))
    assert len(results) == MOMENTS
    for seed, (code, output) in enumerate(results):
        assert code == 0, (seed, code, output)
        assert "Traceback" not in output, (seed, output)
        assert "terminate called" not in output, (seed, output)


@pytest.mark.exhaustive
def test_camera_source_exits_with_0_at_any_moment(peer: Any) -> None:
    def one(seed: int) -> tuple[int, str]:
        return stop_at_random(peer.start("camera_source"), seed, "shows the built-in street")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(one, range(12)))
    for seed, (code, output) in enumerate(results):
        assert code == 0, (seed, code, output)
        assert "Traceback" not in output, (seed, output)


def test_a_failure_while_running_ends_the_process_with_1(peer: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for number in range(8):
        write_pair(folder, str(number), np.zeros((6, 8, 3), np.uint8), np.zeros((6, 8), np.uint8))
    (folder / "CameraRGB/6.png").write_bytes(b"no picture")
    started = peer.start("camera_source", "--ros-args", "-p", f"data:={folder}", "-p", "rate:=5.0")
    assert started.wait() == 1, started.output
    assert "Traceback" not in started.output
    last = started.output.splitlines()[-1]
    assert last.startswith("camera_source: stopped: ")
    assert "6.png" in last
