# SPDX-License-Identifier: Apache-2.0
"""What the tests need that run launch files for real."""

from __future__ import annotations

from importlib import import_module


def missing() -> str:
    """Return what is not installed, in words; empty if all is."""
    # Not find_spec: it takes the folder launch/ for the package.
    for module in ("launch_testing.actions", "launch_ros.actions", "rclpy", "carla"):
        try:
            import_module(module)
        except ImportError:
            return f"{module.partition('.')[0]} is not installed"
    from ament_index_python.packages import get_package_prefix

    try:
        get_package_prefix("unet_perception")
    except (LookupError, OSError):
        return "unet_perception is not installed in a workspace that is sourced"
    return ""
