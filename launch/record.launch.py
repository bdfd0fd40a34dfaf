# SPDX-License-Identifier: Apache-2.0
"""Records pairs of picture and mask: from CARLA, from a playback server, or from topics."""

from __future__ import annotations

from launch import LaunchDescription

from unet_perception.bringup.launching import launch_description
from unet_perception.bringup.recording import RECORD_SYSTEM, record_system


def generate_launch_description() -> LaunchDescription:
    """Return the launch description; ``--show-args`` tells its arguments."""
    return launch_description(RECORD_SYSTEM, record_system)
