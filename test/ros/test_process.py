# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from unet_perception.ros.transport import profile

LIGHT = """
import sys
from unet_perception.nodes import main
heavy = {"numpy", "cv2", "rclpy", "openvino", "torch", "ctypes"} & set(sys.modules)
assert not heavy, heavy
"""

STOPPED_TWICE = """
import os, signal, sys
from unet_perception.ros import process
from unet_perception.ros.transport import profile
process.prepare()
assert not process.stop_is_pending()
os.kill(os.getpid(), signal.SIGINT)
os.kill(os.getpid(), signal.SIGTERM)
assert process.stop_is_pending()
process.wait_for_stop()
process.ask_to_stop()
"""


def run(code: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr


def test_the_executables_import_nothing_heavy_before_signals_are_blocked() -> None:
    run(LIGHT)


def test_signals_stay_pending_until_they_are_waited_for() -> None:
    run(STOPPED_TWICE)


NAMES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")


def profiles() -> tuple[str | None, str | None]:
    profile.use_shipped_profile()
    return os.environ.get(NAMES[0]), os.environ.get(NAMES[1])


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*NAMES, "ROS_DISTRO"):
        # Set first, so that what the code under test sets is undone, too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [("kilted", (str(profile.PROFILE), None)), ("jazzy", (None, str(profile.PROFILE)))],
)
def test_the_shipped_profile_has_the_name_that_fast_dds_reads(
    distribution: str, expected: tuple[str | None, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DISTRO", distribution)
    assert profiles() == expected


def test_wheels_tell_it_without_a_distribution() -> None:
    wheels = {name.metadata["Name"] for name in importlib.metadata.distributions()}
    if "ros-rclpy" not in wheels:
        pytest.skip("ROS is not of wheels here")
    assert profiles()[profile.OLD_WHEEL in wheels] == str(profile.PROFILE)


def test_a_profile_of_the_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DISTRO", "kilted")
    monkeypatch.setenv(NAMES[0], "/my/profile.xml")
    assert profiles() == ("/my/profile.xml", None)
    # One that this Fast DDS would not read reaches it all the same.
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    assert profiles() == ("/my/profile.xml", "/my/profile.xml")
    monkeypatch.delenv(NAMES[0])
    assert profiles() == (None, "/my/profile.xml")


def test_the_profile_carries_ten_frames_and_more() -> None:
    tree = ElementTree.parse(profile.PROFILE)
    space = "{http://www.eprosima.com}"
    segment = next(tree.iter(f"{space}segment_size")).text
    message = next(tree.iter(f"{space}maxMessageSize")).text
    frame = 800 * 600 * 4
    assert int(segment or 0) > 10 * frame
    assert int(message or 0) > frame
