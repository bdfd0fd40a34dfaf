# SPDX-License-Identifier: Apache-2.0
"""Subscriptions against cameras in processes of their own, which come, go and do not fit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from harness.peer import wait_until
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from unet_perception.ros.transport import profile
from unet_perception.ros.transport.following import FollowingSubscription, RawMessage
from unet_perception.ros.transport.qos import Choice
from unet_perception.ros.transport.silence import SILENT_S

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
TYPES = {IMAGE: Image, COMPRESSED: CompressedImage}
FRAME_BYTES = 800 * 600 * 4
NO_PROFILE = {profile.PROFILE_VARIABLE: "", profile.OLD_PROFILE_VARIABLE: ""}

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def camera_process(domain: int) -> Iterator[Start]:
    """Starts camera processes, and ends those that are left."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        kind: str = "Image",
        reliability: str = "RELIABLE",
        durability: str = "VOLATILE",
        rate: float = 20.0,
        size: int = 1000,
        within: Sequence[str] = (),
        **environment: str,
    ) -> subprocess.Popen[bytes]:
        given = {**os.environ, "ROS_DOMAIN_ID": str(domain), **environment}
        script = Path(__file__).with_name("harness") / "publishing.py"
        arguments = ["/image", kind, reliability, durability, str(rate), str(size)]
        started.append(
            subprocess.Popen(
                [*within, sys.executable, str(script), *arguments],
                env={name: value for name, value in given.items() if value},
                stdin=subprocess.DEVNULL,
            )
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


class Reader:
    """A subscription that follows, and what it received."""

    def __init__(self, peer: Any) -> None:
        self.messages: list[RawMessage] = []
        self.log = Log(peer.node)
        self.subscription = FollowingSubscription(self.log, "/image", TYPES, self.messages.append)

    def hears(self, choice: Choice) -> int:
        """Wait until messages come under a choice; return the number of the first."""
        subscription = self.subscription

        def heard() -> bool:
            return subscription.choice == choice and bool(self.messages)

        wait_until(lambda: subscription.choice == choice, f"reading as {choice}")
        self.messages.clear()
        wait_until(heard, f"messages as {choice}")
        message = self.messages[0]
        assert message.kind is TYPES[choice.type_name]
        return int(deserialize_message(message.data, message.kind).header.stamp.sec)


class Log:
    """A node whose warnings are kept."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self.warnings: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def get_logger(self) -> Any:
        return self

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def info(self, text: str) -> None:
        pass


@pytest.fixture
def reader(peer: Any) -> Reader:
    return Reader(peer)


def test_a_camera_that_comes_back_with_another_offer(reader: Reader, camera_process: Start) -> None:
    first = camera_process()
    reader.hears(Choice(IMAGE, reliable=True))

    first.terminate()
    first.wait()
    second = camera_process(reliability="BEST_EFFORT")
    reader.hears(Choice(IMAGE, reliable=False))

    # Killed, it stays in the graph for 20 s: whoever comes meanwhile is heard at once.
    second.kill()
    second.wait()
    begin = time.monotonic()
    third = camera_process("CompressedImage", durability="TRANSIENT_LOCAL")
    reader.hears(Choice(COMPRESSED, reliable=True, transient_local=True))
    assert time.monotonic() - begin < 15.0

    third.kill()
    third.wait()
    camera_process(reliability="BEST_EFFORT")
    reader.hears(Choice(IMAGE, reliable=False))
    assert reader.log.warnings == []


def test_a_silent_publisher_is_named(reader: Reader, camera_process: Start) -> None:
    camera_process(rate=0.0)
    wait_until(lambda: reader.subscription.choice.reliable, "the publisher")
    assert reader.subscription.problem == ""
    wait_until(lambda: reader.log.warnings, "a warning")
    words = reader.log.warnings[0]
    assert words.startswith("/image: /car/camera_driver publishes Image RELIABLE, but nothing has")
    assert words.endswith("s: it sends nothing; see docs/transport.md")
    assert reader.subscription.problem.startswith(words[:60])


def test_a_publisher_that_hangs_is_named(reader: Reader, camera_process: Start) -> None:
    camera = camera_process()
    wait_until(lambda: len(reader.messages) > 10, "a stream")
    camera.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    words = wait_until(lambda: reader.subscription.problem, "a problem")
    assert time.monotonic() - begin >= SILENT_S - 1.0
    assert "/car/camera_driver publishes Image RELIABLE, but nothing has arrived for" in words
    assert "it has stopped sending, hangs, or is gone" in words
    camera.send_signal(signal.SIGCONT)
    wait_until(lambda: not reader.subscription.problem, "frames again")


def test_frames_that_get_lost_for_want_of_the_profile_are_named(
    reader: Reader, camera_process: Start
) -> None:
    camera_process(reliability="BEST_EFFORT", size=FRAME_BYTES, **NO_PROFILE)
    words = wait_until(lambda: "lost" in reader.subscription.problem, "a problem")
    words = reader.subscription.problem
    assert "/car/camera_driver publishes Image BEST_EFFORT, but" in words
    assert "messages of the last 5 s were lost on the way" in words
    assert f"start it with {profile.profile_variable(os.environ)}={profile.PROFILE}" in words


def test_a_publisher_beyond_reach_is_named(reader: Reader, camera_process: Start) -> None:
    # A container with the host's network, but a /dev/shm of its own.
    container = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*container, "true"], check=False).returncode:
        pytest.skip("needs Linux namespaces without rights")
    own_memory = ["sh", "-c", 'mount -t tmpfs tmpfs /dev/shm && exec "$@"', "sh"]
    camera_process(within=[*container, *own_memory])
    wait_until(lambda: reader.log.warnings, "a warning")
    words = reader.log.warnings[0]
    assert words.startswith("/image: a publisher publishes Image RELIABLE, but nothing has arrived")
    assert "not even the name of its node: its process cannot share memory with this one" in words
    assert reader.messages == []


def test_with_the_profile_no_frame_is_lost(reader: Reader, camera_process: Start) -> None:
    camera_process(reliability="BEST_EFFORT", size=FRAME_BYTES, rate=10.0)
    wait_until(lambda: len(reader.messages) > 30, "frames")
    assert reader.subscription.problem == ""
    assert reader.log.warnings == []
