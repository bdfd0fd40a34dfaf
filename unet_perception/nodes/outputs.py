# SPDX-License-Identifier: Apache-2.0
"""Publishing pictures without copying them through Python objects."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

ENCODINGS: dict[str, tuple[int, type[np.generic]]] = {
    "mono8": (1, np.uint8),
    "rgb8": (3, np.uint8),
    "bgra8": (4, np.uint8),
    "32FC1": (1, np.float32),
}
"""Channels and their type."""


def reliable(depth: int, latched: bool = False) -> QoSProfile:
    """Return a reliable profile that keeps the last messages, also for latecomers if latched."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=(DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE),
    )


class ImageBuffer:
    """A ``sensor_msgs/Image`` whose bytes are a numpy array.

    Only an ``array.array`` gets into the message fast: a numpy array that is assigned to
    ``data`` is converted byte by byte, 80 ms a frame.
    """

    def __init__(self, encoding: str) -> None:
        """Make an empty picture.

        Args:
            encoding: One of ``ENCODINGS``.
        """
        self._channels, self._type = ENCODINGS[encoding]
        self.message = Image(encoding=encoding)
        self._pixels: NDArray[Any] = np.zeros((0, 0), self._type)

    def pixels(self, height: int, width: int) -> NDArray[Any]:
        """Return the message's memory, ``(H, W)`` or ``(H, W, C)``, to be written into."""
        if (self.message.height, self.message.width) != (height, width):
            step = width * self._channels * np.dtype(self._type).itemsize
            self.message.height, self.message.width, self.message.step = height, width, step
            self.message.data = array("B", bytes(step * height))
            shape = (height, width) if self._channels == 1 else (height, width, self._channels)
            # The message may have copied the array: write into the one that it holds.
            self._pixels = np.frombuffer(self.message.data, self._type).reshape(shape)
        return self._pixels


class ImageOutput:
    """One topic of pictures, all from one buffer: ``publish`` has serialised when it returns."""

    def __init__(self, node: Any, topic: str, encoding: str, depth: int) -> None:
        """Offer the topic, reliably."""
        self._node = node
        self._buffer = ImageBuffer(encoding)
        self._publisher = node.create_publisher(Image, topic, reliable(depth))

    @property
    def problem(self) -> str:
        """Why somebody who listens hears nothing; empty if all do."""
        return ""

    def destroy(self) -> None:
        """Take the topic away."""
        self._node.destroy_publisher(self._publisher)

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._publisher.get_subscription_count())

    def pixels(self, height: int, width: int) -> NDArray[Any]:
        """Return the next picture's memory, to be written into."""
        return self._buffer.pixels(height, width)

    def publish(self, header: Any) -> None:
        """Send what was written, under a header."""
        self._buffer.message.header = header
        self._publisher.publish(self._buffer.message)
