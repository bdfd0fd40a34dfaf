# SPDX-License-Identifier: Apache-2.0
"""``/diagnostics``: a node's state once a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType

from unet_perception.nodes.diagnostics import Status

PERIOD_S = 1.0


class StatusOutput:
    """Publishes the state of a node; lives on the executor's thread."""

    def __init__(self, node: Any, name: str, report: Callable[[], Status]) -> None:
        """Publish once a second from now on.

        Args:
            node: The ``rclpy`` node.
            name: What of the node it is: the status is called ``<node>: <name>``.
            report: Returns the state now.
        """
        self._node = node
        self._name = name
        self._report = report
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Not the node's clock: simulation time stands still when there is most to report.
        node.create_timer(PERIOD_S, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish(self) -> None:
        state = self._report()
        status = DiagnosticStatus(
            level=bytes([state.level]),
            name=f"{self._node.get_name()}: {self._name}",
            message=state.message,
            values=[KeyValue(key=key, value=value) for key, value in state.values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
