# SPDX-License-Identifier: Apache-2.0
"""The perception node among faults: each mask that comes is that of the frame with its stamp."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels
from harness.peer import ENGINE, values, wait_until
from harness.stream import Stream
from left_behind import LeftBehind
from limits import no_more_disk, no_more_handles, no_more_memory
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from unet_perception.doctor.machine import unused_segments

RECOVERY_S = 20.0
MEBIBYTE = 1 << 20


@pytest.fixture
def stream(peer: Any, camera: Any) -> Stream:
    return Stream(peer, camera)


def test_after_sigkill_the_next_one_serves_and_the_doctor_names_what_is_left(
    peer: Any, model: Path, stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = LeftBehind(tmp_path)
    for name, value in left.environment.items():
        monkeypatch.setenv(name, value)
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
    wait_until(lambda: set(segments) <= set(unused_segments()), "the doctor's finding")
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


def test_without_any_file_handles_it_ends_in_a_line(
    peer: Any, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = peer.start("perception", "--ros-args", "-p", f"model:={model}")
    with no_more_handles(node.popen.pid):
        code = node.wait()
    print(code, node.output)
    assert code == 1


def test_a_full_disk_stops_its_log_and_nothing_else(
    peer: Any, model: Path, stream: Stream
) -> None:
    node = peer.perception(model)
    with stream:
        stream.wait_for_new()
        with no_more_disk(node.popen.pid):
            assert peer.set_parameters(model="another")  # It logs that it refuses.
            stream.wait_for_new(20)
    stream.check()
    assert node.stop() == 0


def test_without_a_folder_for_logs(
    peer: Any, model: Path, stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "file" / "logs"))
    node = peer.start("perception", "--ros-args", "-p", f"model:={model}")
    code = node.wait()
    print(code, node.output)
    assert code == 1


@pytest.mark.parametrize("skip_static", ["false", "true"])
def test_out_of_memory_a_frame_is_refused_and_the_next_one_served(
    peer: Any, model: Path, camera: Any, skip_static: str
) -> None:
    node = peer.perception(model, skip_static=skip_static)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(CompressedImage, "/image")
    peer.wait_for_reader("/image", reliable=True)

    def send(rgb: Any, stamp: int) -> None:
        data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
        message = CompressedImage(format="png", data=data)
        message.header.stamp.sec = stamp
        images.publish(message)

    large = np.zeros((5000, 8000, 3), np.uint8)
    # Enough for nothing; for the picture, but not for its mask.
    for number, spare in enumerate((16, 150), 1):
        with no_more_memory(node.popen.pid, spare * MEBIBYTE):
            send(large, number)
            state = states.wait(lambda m, n=number: values(m)["refused"] == str(n))
            print(values(state)["last_refusal"])
        rgb = camera.rgb(number)
        send(rgb, 100 + number)
        mask = masks.wait(lambda m, n=number: m.header.stamp.sec == 100 + n)
        assert np.array_equal(pixels(mask), camera.mask(rgb))
    assert [m.header.stamp.sec for m in masks.messages] == [101, 102]
    # The same picture again, now that there is room for it.
    send(large, 200)
    mask = masks.wait(lambda m: m.header.stamp.sec == 200)
    assert np.array_equal(pixels(mask), camera.mask(large))
    assert node.stop() == 0


def test_too_little_memory_for_the_engine_ends_it_in_a_line(peer: Any, slow_model: Path) -> None:
    flags = [x for k, v in {"model": slow_model, **ENGINE}.items() for x in ("-p", f"{k}:={v}")]
    node = peer.start("perception", "--ros-args", *flags)
    node.wait_for_blocked_signals()
    wait_until(lambda: b"libopenvino.so" in Path(f"/proc/{node.popen.pid}/maps").read_bytes(), "x")
    with no_more_memory(node.popen.pid, 8 * MEBIBYTE):
        code = node.wait()
    print(code, node.output)


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
