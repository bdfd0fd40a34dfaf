# SPDX-License-Identifier: Apache-2.0
"""``/diagnostics``: the node's state once a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from unet_perception.nodes.diagnostics import Snapshot

PERIOD_S = 1.0


class StatusOutput:
    """Publishes the state of the node; lives on the executor's thread."""

    def __init__(
        self,
        node: Any,
        snapshot: Callable[[], Snapshot],
        facts: Callable[[], Mapping[str, str]],
    ) -> None:
        """Publish once a second from now on.

        Args:
            node: The ``rclpy`` node.
            snapshot: Returns the state now.
            facts: Returns what else is worth knowing: engine, model, input.
        """
        self._node = node
        self._snapshot = snapshot
        self._facts = facts
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        node.create_timer(PERIOD_S, self._publish)

    def _publish(self) -> None:
        state = self._snapshot()
        values = {**_numbers(state), **self._facts()}
        status = DiagnosticStatus(
            level=bytes([state.level]),
            name=f"{self._node.get_name()}: perception",
            message=state.message,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def _numbers(state: Snapshot) -> dict[str, str]:
    names = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
    latencies = state.latency_ms or (float("nan"),) * 3
    return {
        "rate_hz": f"{state.rate_hz:.2f}",
        **{name: f"{value:.2f}" for name, value in zip(names, latencies, strict=True)},
        "received": str(state.received),
        "published": str(state.published),
        "dropped": str(state.dropped),
        "refused": str(state.refused),
        "last_refusal": state.last_refusal,
    }
