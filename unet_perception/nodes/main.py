# SPDX-License-Identifier: Apache-2.0
"""The executables. Light on purpose: signals are blocked before anything heavy is imported."""

from __future__ import annotations

from typing import NoReturn

from unet_perception.ros import process


def perception() -> int:
    """Run the node that turns camera frames into class masks; return the exit code."""
    process.prepare()
    from unet_perception.nodes.perception.node import Perception
    from unet_perception.ros.managed import ManagedNode
    from unet_perception.ros.spin import Part, run

    return run(Part("perception", Perception, ManagedNode))


def camera_source() -> int:
    """Run the node that stands in for CARLA's camera; return the exit code."""
    process.prepare()
    from unet_perception.nodes.camera_source import node
    from unet_perception.ros.spin import Part, run

    return run(Part("camera_source", node.start))


def carla_bridge() -> NoReturn:
    """Run the node that publishes CARLA's cameras; leave with its exit code."""
    process.prepare()
    from unet_perception.nodes.carla_bridge import node
    from unet_perception.ros.spin import Part, run

    process.leave(run(Part("carla_bridge", node.start), shutdown_s=node.SHUTDOWN_S))


def carla_perception() -> NoReturn:
    """Run bridge and perception in one process; leave with its exit code."""
    process.prepare()
    from functools import partial

    from unet_perception.nodes.carla_bridge import node
    from unet_perception.nodes.perception.node import Perception
    from unet_perception.ros.managed import ManagedNode
    from unet_perception.ros.spin import Part, run
    from unet_perception.ros.transport.handover import Handover

    handover = Handover()
    code = run(
        Part("carla_bridge", partial(node.start, handover=handover)),
        Part("perception", partial(Perception, handover=handover), ManagedNode),
        shutdown_s=node.SHUTDOWN_S,
    )
    process.leave(code)


def live_view() -> int:
    """Run the node that shows pictures and masks in a browser; return the exit code."""
    process.prepare()
    from unet_perception.nodes.live_view import node
    from unet_perception.ros.spin import Part, run

    return run(Part("live_view", node.start))
