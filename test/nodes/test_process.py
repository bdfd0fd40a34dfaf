# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from unet_perception.nodes import process

LIGHT = """
import sys
from unet_perception.nodes import main
heavy = {"numpy", "cv2", "rclpy", "openvino", "torch", "ctypes"} & set(sys.modules)
assert not heavy, heavy
"""

STOPPED_TWICE = """
import os, signal, sys
from unet_perception.nodes import process
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


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(os, "environ", {})
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_the_shipped_profile_is_used() -> None:
    process.use_shipped_profile()
    assert os.environ == {"FASTDDS_DEFAULT_PROFILES_FILE": str(process.PROFILE)}


@pytest.mark.usefixtures("environment")
def test_older_distributions_get_it_under_the_name_that_they_read() -> None:
    os.environ["ROS_DISTRO"] = "jazzy"
    process.use_shipped_profile()
    assert os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] == str(process.PROFILE)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "name", ["FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"]
)
def test_a_profile_of_the_user_stays(name: str) -> None:
    os.environ[name] = "/my/profile.xml"
    process.use_shipped_profile()
    assert os.environ == {name: "/my/profile.xml"}


def test_the_profile_carries_ten_frames_and_more() -> None:
    tree = ElementTree.parse(process.PROFILE)
    space = "{http://www.eprosima.com}"
    segment = next(tree.iter(f"{space}segment_size")).text
    message = next(tree.iter(f"{space}maxMessageSize")).text
    frame = 800 * 600 * 4
    assert int(segment or 0) > 10 * frame
    assert int(message or 0) > frame
