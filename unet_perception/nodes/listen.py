# SPDX-License-Identifier: Apache-2.0
"""A listening node beside a program's own main loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import rclpy
from rclpy.signals import SignalHandlerOptions

from unet_perception.nodes.monitor import Listener, Monitor
from unet_perception.nodes.spin import Watch, spinning


@contextmanager
def listening(topics: Mapping[str, str], status_prefix: str, listener: Listener) -> Iterator[Watch]:
    """Feed ``listener`` from topics on a thread for as long as the ``with`` block runs.

    Call ``process.prepare`` before; arguments as for ``Monitor``. The watch that it
    gives knows of a failure in the listener.
    """
    watch = Watch()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("monitor")
    try:
        Monitor(node, topics, status_prefix, listener)
        with spinning([node], watch):
            yield watch
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
