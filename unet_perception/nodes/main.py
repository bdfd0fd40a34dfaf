# SPDX-License-Identifier: Apache-2.0
"""The executables. Light on purpose: signals are blocked before anything heavy is imported."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

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


def carla_bridge() -> NoReturn:
    """Run the node that publishes CARLA's cameras; leave with its exit code."""
    process.prepare()
    from unet_perception.nodes import carla_bridge as node
    from unet_perception.nodes.spin import run

    code = run("carla_bridge", node.start, node.SHUTDOWN_S)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not by way of the interpreter's own exit: CARLA's client has threads that nobody can join,
    # and one that asks for the interpreter while it is torn down aborts the process.
    os._exit(code)


def record_dataset() -> NoReturn:
    """Run ``unet-perception record``, as ``ros2 run`` finds it; leave with its exit code."""
    process.prepare()
    from unet_perception.cli.main import main

    code = main(["record", *sys.argv[1:]])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # As the bridge does, and for the same reason.
