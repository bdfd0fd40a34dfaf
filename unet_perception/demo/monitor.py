# SPDX-License-Identifier: Apache-2.0
"""Listening to a running perception node: camera, masks, truth and diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from unet_perception.errors import FrameError
from unet_perception.imaging import Frame, frame_of
from unet_perception.ros.frames import stamp_of
from unet_perception.ros.transport.following import RawMessage

QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2, reliability=ReliabilityPolicy.RELIABLE)


class Listener(Protocol):
    """Takes what arrives, on the executor's thread."""

    def on_image(self, kind: str, stamp: int, frame: Frame) -> None:
        """Take an image; ``stamp`` in nanoseconds, pixels valid until the call returns."""

    def on_diagnostics(self, values: Mapping[str, str]) -> None:
        """Take what the node says of itself."""


class Monitor:
    """Subscriptions that feed a listener."""

    def __init__(
        self, topics: Mapping[str, str], status_prefix: str, listener: Listener, node: Any
    ) -> None:
        """Subscribe.

        Args:
            topics: Image topics by kind; the kind is handed on to the listener.
            status_prefix: Start of the name of the diagnostic status to listen to.
            listener: Takes what arrives.
            node: The ``rclpy`` node to subscribe with.
        """
        self._node = node
        self._prefix = status_prefix
        self._listener = listener
        for kind, topic in topics.items():
            node.create_subscription(Image, topic, self._image_callback(kind), QOS, raw=True)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def _image_callback(self, kind: str) -> Callable[[bytes], None]:
        def callback(data: bytes) -> None:
            try:
                message = RawMessage(data, Image).read()
                frame = frame_of(message)
            except FrameError as error:
                self._node.get_logger().warning(f"cannot show a frame of {kind}: {error}")
                return
            self._listener.on_image(kind, stamp_of(message), frame)

        return callback

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            if status.name.startswith(self._prefix):
                self._listener.on_diagnostics({pair.key: pair.value for pair in status.values})
