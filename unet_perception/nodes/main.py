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
    from unet_perception.nodes.managed import ManagedNode
    from unet_perception.nodes.perception import node
    from unet_perception.nodes.spin import Part, run

    return run(Part("perception", node.start, ManagedNode))


def camera_source() -> int:
    """Run the node that stands in for CARLA's camera; return the exit code."""
    process.prepare()
    from unet_perception.nodes import camera_source as node
    from unet_perception.nodes.spin import Part, run

    return run(Part("camera_source", node.start))


def carla_bridge() -> NoReturn:
    """Run the node that publishes CARLA's cameras; leave with its exit code."""
    process.prepare()
    from unet_perception.nodes import carla_bridge as node
    from unet_perception.nodes.spin import Part, run

    _leave(run(Part("carla_bridge", node.start), shutdown_s=node.SHUTDOWN_S))


def carla_perception() -> NoReturn:
    """Run bridge and perception in one process; leave with its exit code."""
    process.prepare()
    from functools import partial

    from unet_perception.nodes import carla_bridge
    from unet_perception.nodes.handover import Handover
    from unet_perception.nodes.managed import ManagedNode
    from unet_perception.nodes.perception import node
    from unet_perception.nodes.spin import Part, run

    handover = Handover()
    code = run(
        Part("carla_bridge", partial(carla_bridge.start, handover=handover)),
        Part("perception", partial(node.start, handover=handover), ManagedNode),
        shutdown_s=carla_bridge.SHUTDOWN_S,
    )
    _leave(code)


def live_view() -> int:
    """Run the node that shows pictures and masks in a browser; return the exit code."""
    process.prepare()
    from unet_perception.nodes import live_view as node
    from unet_perception.nodes.spin import Part, run

    return run(Part("live_view", node.start))


def record_dataset() -> NoReturn:
    """Run ``unet-perception record``, as ``ros2 run`` finds it; leave with its exit code."""
    process.prepare()
    from unet_perception.cli.main import main

    _leave(main(["record", *sys.argv[1:]]))


def _leave(code: int) -> NoReturn:
    # Not by way of the interpreter's own exit: CARLA's client has threads that nobody can join,
    # and one that asks for the interpreter while it is torn down aborts the process.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
