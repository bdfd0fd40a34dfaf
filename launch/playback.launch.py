# SPDX-License-Identifier: Apache-2.0
"""The whole system without CARLA: a playback server shows a street, or a folder of pairs."""

from __future__ import annotations

from launch import LaunchDescription

from unet_perception.bringup.launching import launch_description
from unet_perception.bringup.systems import PLAYBACK_SYSTEM, playback_system


def generate_launch_description() -> LaunchDescription:
    """Return the launch description; ``--show-args`` tells its arguments."""
    return launch_description(PLAYBACK_SYSTEM, playback_system)
