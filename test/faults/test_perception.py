# SPDX-License-Identifier: Apache-2.0
"""The perception node among faults: each mask that comes is that of the frame with its stamp."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import values, wait_until
from harness.stream import Stream
from limits import no_more_disk, no_more_handles, no_more_memory
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from unet_perception.doctor.machine import unused_segments

RECOVERY_S = 20.0
NOTICED_S = 120.0
"""Longer than the lease of a process that was killed, also on a starved machine."""

MEBIBYTE = 1 << 20


@pytest.fixture
def stream(peer: Any, camera: Any) -> Stream:
    return Stream(peer, camera)


def test_after_sigkill_the_next_one_serves_and_the_doctor_names_what_is_left(
    peer: Any, model: Path, stream: Stream, left: Any
) -> None:
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
    # This test's own node has the segment mapped until it notices.
    segments = [path for path in left.segments if not path.name.endswith("_el")]
    assert segments
    wait_until(
        lambda: {path for path in segments if path.exists()} <= set(unused_segments()),
        "the doctor's finding",
        NOTICED_S,
    )
    for path in left.segments:
        path.unlink()


def test_out_of_file_handles_it_goes_on_for_those_who_listen(
    peer: Any, another_peer: Any, model: Path, stream: Stream
) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        with no_more_handles(node.popen.pid):
            # Somebody new takes handles, for shared memory.
            late = another_peer.subscribe(Image, "/perception/mask")
            stream.wait_for_new(30)
        seen = len(late)
        wait_until(lambda: len(late) > seen + 5, "masks for the newcomer", RECOVERY_S)
        stream.wait_for_new()
    stream.check()
    assert node.stop() == 0


def test_a_full_disk_stops_its_log_and_nothing_else(peer: Any, model: Path, stream: Stream) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        with no_more_disk(node.popen.pid):
            assert peer.set_parameters(model="another")  # It logs that it refuses.
            stream.wait_for_new(20)
    stream.check()
    assert node.stop() == 0


def test_without_a_folder_for_its_log_it_ends_in_a_line(
    peer: Any, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by rights, which root has all of.
    (tmp_path / "file").touch()
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "file" / "log"))
    node = peer.start("perception", "--ros-args", "-p", f"model:={model}")
    assert node.wait() == 1
    (line,) = node.output.splitlines()
    assert line.startswith("perception: cannot start: ROS refused to start: ")
    assert str(tmp_path / "file" / "log") in line


def test_a_frame_without_memory_for_it_is_refused_and_the_next_one_served(
    peer: Any, model: Path, camera: Any
) -> None:
    node = peer.perception(model, skip_static="true")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(CompressedImage, "/image")
    peer.wait_for_reader("/image", reliable=True)

    def send(data: Any, stamp: int) -> None:
        message = CompressedImage(format="png", data=data.tobytes())
        message.header.stamp.sec = stamp
        images.publish(message)

    # 2 kB that become 27 MB.
    large = cv2.imencode(".png", np.zeros((3000, 3000, 3), np.uint8))[1]
    with no_more_memory(node.popen.pid, MEBIBYTE):
        send(large, 1)
        state = states.wait(lambda m: values(m)["refused"] == "1")
        assert "Failed to allocate" in values(state)["last_refusal"]
        assert state.status[0].level == b"\2"
    rgb = camera.rgb(1)
    send(cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1], 2)
    assert np.array_equal(pixels(masks.wait()), camera.mask(rgb))
    assert [stamp(mask) for mask in masks.messages] == [2]
    assert node.stop() == 0


def test_a_message_that_the_middleware_has_no_memory_for_ends_it_in_a_line(
    peer: Any, model: Path, camera: Any
) -> None:
    node = peer.perception(model)
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    message = camera.message(np.zeros((2000, 3000, 3), np.uint8))
    # It arrives, and cannot be handed on.
    with no_more_memory(node.popen.pid, len(message.data) * 17 // 10):
        images.publish(message)
        assert node.wait() == 1, node.output
    assert "Traceback" not in node.output
    assert node.output.splitlines()[-1] == "perception: stopped: there is not enough memory"


ENGINE_WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
from unet_perception.errors import EngineError
from unet_perception.segmenter import open_segmenter
open_segmenter(sys.argv[1], "openvino", threads=1)  # Its libraries are loaded.
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + (8 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    open_segmenter(sys.argv[2], "openvino", threads=1)
except EngineError as error:
    print(error)
"""


def test_an_engine_without_memory_is_refused(model: Path, slow_model: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    code = [sys.executable, "-c", ENGINE_WITHOUT_MEMORY, str(model), str(slow_model)]
    done = subprocess.run(code, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"OpenVINO cannot compile {slow_model}: ")


def test_simulated_time_jumps(peer: Any, model: Path, camera: Any) -> None:
    node = peer.perception(model, use_sim_time="true")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    clock = peer.publisher(Clock, "/clock")
    peer.wait_for_reader("/image", reliable=True)
    times = (5000, 100, 90000, 0, 5000)
    for number, seconds in enumerate(times):
        for step in range(5):
            at = Time(sec=seconds, nanosec=step * 50_000_000)
            clock.publish(Clock(clock=at))
            rgb = camera.rgb(10 * number + step)
            message = camera.message(rgb)
            message.header.stamp = at
            seen = len(masks)
            images.publish(message)
            wait_until(lambda seen=seen: len(masks) > seen, "a mask")
            mask = masks.messages[-1]
            assert mask.header.stamp == at
            assert np.array_equal(pixels(mask), camera.mask(rgb))
    assert len(masks) == 5 * len(times)
    state = states.wait(lambda m: values(m)["published"] == str(5 * len(times)))
    assert state.status[0].level == b"\0"
    assert node.stop() == 0
