# SPDX-License-Identifier: Apache-2.0
"""``carla.launch.py source:=playback``, looked at with rclpy while launch_testing runs it.

By ``colcon test``, by pytest, or alone: ``launch_test test/launch/test_playback.py``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from unet_perception.ros.transport import profile

HERE = Path(__file__).resolve().parent
# launch_test reads no conftest.py.
sys.path[:0] = [str(HERE), str(HERE.parent / "integration"), str(HERE.parent / "harness")]

from ros_domains import claim_domain

CLAIM = ExitStack()
"""Keeps the domain until the process ends: launch_test gives no fixtures."""
DOMAIN = CLAIM.enter_context(claim_domain())
os.environ["ROS_DOMAIN_ID"] = str(DOMAIN)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
profile.use_shipped_profile()

import launch_testing
from harness import system
from harness.peer import Peer
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_harness.real import LAUNCH_FILES

from unet_perception.demo.stack import free_port


@pytest.mark.launch_test
def generate_test_description() -> LaunchDescription:
    given = {"source": "playback", "port": str(free_port()), "rviz": "false"}
    source = PythonLaunchDescriptionSource(str(LAUNCH_FILES / "carla.launch.py"))
    return LaunchDescription(
        [
            IncludeLaunchDescription(source, launch_arguments=given.items()),
            launch_testing.actions.ReadyToTest(),
        ]
    )


class TestWhileItRuns(unittest.TestCase):
    peer: Peer

    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Peer(DOMAIN, Path(tempfile.mkdtemp()))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.peer.close()

    def test_topics_have_their_types_and_qos(self) -> None:
        system.check_topics(self.peer)

    def test_masks_have_the_cameras_headers(self) -> None:
        system.check_headers(self.peer)

    def test_masks_are_of_the_street(self) -> None:
        system.check_masks_against_truth(self.peer)

    def test_diagnostics_say_that_all_is_well(self) -> None:
        system.check_diagnostics(self.peer)


@launch_testing.post_shutdown_test()
class TestAfterItsEnd(unittest.TestCase):
    def test_every_process_ended_in_good_order(self, proc_info: Any) -> None:
        launch_testing.asserts.assertExitCodes(proc_info)
