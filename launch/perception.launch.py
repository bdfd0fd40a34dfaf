# SPDX-License-Identifier: Apache-2.0
"""The perception node on any camera."""

from __future__ import annotations

from launch import LaunchDescription

from unet_perception.bringup.launching import launch_description
from unet_perception.bringup.systems import PERCEPTION_SYSTEM, perception_system


def generate_launch_description() -> LaunchDescription:
    """Return the launch description; ``--show-args`` tells its arguments."""
    return launch_description(PERCEPTION_SYSTEM, perception_system)
