# SPDX-License-Identifier: Apache-2.0
"""The executables. Light on purpose: signals are blocked before anything heavy is imported."""

from __future__ import annotations

from unet_perception.nodes import process


def perception() -> int:
    """Run the node that turns camera frames into class masks; return the exit code."""
    process.prepare()
    from unet_perception.nodes import perception as node
    from unet_perception.nodes.spin import run

    return run("perception", node.start)


def camera_source() -> int:
    """Run the node that stands in for CARLA's camera; return the exit code."""
    process.prepare()
    from unet_perception.nodes import camera_source as node
    from unet_perception.nodes.spin import run

    return run("camera_source", node.start)
