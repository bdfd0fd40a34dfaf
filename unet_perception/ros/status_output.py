# SPDX-License-Identifier: Apache-2.0
"""``/diagnostics``: a node's state once a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from unet_perception.options.diagnostics import Status
from unet_perception.ros.spin import Watch

PERIOD_S = 1.0

Report = Callable[[], Mapping[str, Status]]
"""Returns the states now, by the name of what of the node they are of."""


class StatusOutput:
    """Publishes the state of a node, from a thread of its own.

    Not from a timer of the executor's: that one has no time while an engine is opened, and
    simulated time stands still when there is most to report.
    """

    def __init__(self, node: Any, watch: Watch, report: Report) -> None:
        """Publish once a second from now on.

        Args:
            node: The ``rclpy`` node.
            watch: Told when that fails.
            report: Its states; each is called ``<node>: <name>``.
        """
        self._node = node
        self._report = report
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._closing = threading.Event()
        self._thread = watch.thread("status", self._work)
        self._thread.start()

    def close(self) -> None:
        """Publish no more."""
        self._closing.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing.wait(PERIOD_S):
            self._publish()

    def _publish(self) -> None:
        message = DiagnosticArray(
            status=[
                DiagnosticStatus(
                    level=bytes([state.level]),
                    name=f"{self._node.get_name()}: {name}",
                    message=state.message,
                    values=[KeyValue(key=key, value=value) for key, value in state.values.items()],
                )
                for name, state in self._report().items()
            ]
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
