# SPDX-License-Identifier: Apache-2.0
"""Bridge, perception and rviz2 on a CARLA server, or on what stands in for it."""

from __future__ import annotations

from launch import LaunchDescription

from unet_perception.bringup.launching import launch_description
from unet_perception.bringup.systems import CARLA_SYSTEM, carla_system


def generate_launch_description() -> LaunchDescription:
    """Return the launch description; ``--show-args`` tells its arguments."""
    return launch_description(CARLA_SYSTEM, carla_system)
