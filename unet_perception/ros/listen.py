# SPDX-License-Identifier: Apache-2.0
"""A listening node beside a program's own main loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from unet_perception.ros.spin import Watch, spinning


@contextmanager
def listening(name: str, subscribe: Callable[[Any], object]) -> Iterator[Watch]:
    """Have a node of that name spin on a thread for as long as the ``with`` block runs.

    Call ``process.prepare`` before. The watch that it gives knows of a failure in a callback.

    Args:
        name: The node's.
        subscribe: Called with the ``rclpy`` node before it spins.
    """
    watch = Watch()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(name)
    try:
        subscribe(node)
        with spinning([node], watch):
            yield watch
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
