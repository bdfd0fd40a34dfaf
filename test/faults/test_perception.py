# SPDX-License-Identifier: Apache-2.0
"""The perception node among faults: each mask that comes is that of the frame with its stamp."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import values, wait_until
from harness.stream import Stream
from left_behind import LeftBehind
from limits import no_more_disk, no_more_handles, no_more_memory
from sensor_msgs.msg import Image

from unet_perception.doctor.machine import unused_segments

RECOVERY_S = 20.0


@pytest.fixture
def stream(peer: Any, camera: Any) -> Stream:
    return Stream(peer, camera)


def test_sigterm_leaves_nothing(
    peer: Any, model: Path, stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = LeftBehind(tmp_path, monkeypatch)
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        left.watch(node.popen.pid)
        assert node.stop() == 0
    assert (left.processes, left.segments, left.files) == ([], [], [])
    stream.check()


def test_after_sigkill_the_next_one_serves_and_the_doctor_names_what_is_left(
    peer: Any, model: Path, stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = LeftBehind(tmp_path, monkeypatch)
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        left.watch(node.popen.pid)
        node.send(signal.SIGKILL)
        assert node.wait() == -signal.SIGKILL
        peer.perception(model)
        stream.wait_for_new(timeout=RECOVERY_S)
    stream.check()
    assert (left.processes, left.files) == ([], [])
    named = unused_segments()
    for path in left.segments:
        print(path, path in named)


def test_stopped_for_ten_seconds(peer: Any, model: Path, stream: Stream) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        node.send(signal.SIGSTOP)
        time.sleep(10.0)
        node.send(signal.SIGCONT)
        stream.wait_for_new(timeout=RECOVERY_S)
    stream.check()
    assert node.stop() == 0


def test_out_of_file_handles(peer: Any, model: Path, stream: Stream) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        with no_more_handles(node.popen.pid):
            stream.wait_for_new(40)
            late = peer.subscribe(Image, "/perception/mask")
            late2 = peer.subscribe(Image, "/perception/overlay")
            time.sleep(3)
            print("late", len(late), len(late2))
            stream.wait_for_new(40)
        stream.wait_for_new(40)
    stream.check()
    assert node.stop() == 0
    print(node.output)


def test_disk_full(peer: Any, model: Path, stream: Stream) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        with no_more_disk(node.popen.pid):
            print(peer.call.__self__.set_parameters(overlay_alpha=3.0))
            stream.wait_for_new(40)
        stream.wait_for_new()
    stream.check()
    assert node.stop() == 0
    print(node.output)


def test_out_of_memory(peer: Any, model: Path, stream: Stream, camera: Any) -> None:
    node = peer.perception(model)
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    large = peer.publisher(Image, "/image")
    with stream:
        stream.wait_for_new()
        with no_more_memory(node.popen.pid, 64 << 20):
            rgb = np.zeros((6000, 8000, 3), np.uint8)
            large.publish(camera.message(rgb, stamp=0))
            time.sleep(3)
            if node.popen.poll() is None:
                print(states.messages[-1].status[0].message, values(states.messages[-1]))
                stream.wait_for_new(40)
    print(node.popen.poll(), node.output)
