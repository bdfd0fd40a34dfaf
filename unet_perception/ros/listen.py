# SPDX-License-Identifier: Apache-2.0
"""A listening node beside a program's own main loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import rclpy
from rclpy.signals import SignalHandlerOptions

from unet_perception.ros.spin import Watch, spinning

T = TypeVar("T")


@contextmanager
def listening(name: str, start: Callable[[Any, Watch], T]) -> Iterator[T]:
    """Have a node of that name spin on a thread for as long as the ``with`` block runs.

    Call ``process.prepare`` before. What failed meanwhile in a callback is raised at the end.

    Args:
        name: The node's.
        start: Called with the ``rclpy`` node before it spins; the block is given what it returns.
    """
    watch = Watch()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(name)
    try:
        started = start(node, watch)
        with spinning([node], watch):
            yield started
        if watch.failure is not None:
            raise watch.failure
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
