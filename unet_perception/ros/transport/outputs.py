# SPDX-License-Identifier: Apache-2.0
"""Publishing: pictures without copying them through Python objects, and QoS that is told."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.clock import Clock, ClockType
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from unet_perception.ros.transport.endpoints import offer, subscriptions, unheard
from unet_perception.ros.transport.problem_log import ProblemLog
from unet_perception.ros.transport.qos_overrides import QosOverrides
from unet_perception.ros.transport.remedies import unheard_by

LOOK_S = 0.5
"""How often those who hear nothing are looked at, once there was one."""

NAMELESS = "a subscriber"
"""Until discovery has found the name of its node."""

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
            # First, as there may not be enough memory for it: then the last size stays whole.
            self.message.data = array("B", bytes(step * height))
            self.message.height, self.message.width, self.message.step = height, width, step
            shape = (height, width) if self._channels == 1 else (height, width, self._channels)
            # The message may have copied the array: write into the one that it holds.
            self._pixels = np.frombuffer(self.message.data, self._type).reshape(shape)
        return self._pixels


class Output:
    """A publisher that takes ``qos_overrides`` and names those who ask for more than it offers.

    Lives on the executor's thread, but for ``publish``, ``wanted`` and ``problem``.
    """

    def __init__(self, node: Any, kind: type, topic: str, profile: QoSProfile) -> None:
        """Offer the topic.

        Args:
            node: The ``rclpy`` node.
            kind: Message class.
            topic: Topic, relative or absolute; remapping applies.
            profile: What is offered, but for what the user sets.

        Raises:
            ConfigError: The user's ``qos_overrides`` of the topic are not allowed.
        """
        self._node = node
        self._topic = topic
        self._overrides = QosOverrides(node, topic, "publisher")
        self._log = ProblemLog(node)
        self._unheard: Any = None
        self._publisher = node.create_publisher(
            kind,
            topic,
            profile,
            qos_overriding_options=self._overrides.options(only_given=False),
            event_callbacks=PublisherEventCallbacks(
                incompatible_qos=self._on_unheard, use_default_callbacks=False
            ),
        )
        # As it is offered, with what the user has set.
        type_name = f"{kind.__module__.partition('.')[0]}/msg/{kind.__name__}"
        self._offer = offer(type_name, profile)

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._publisher.get_subscription_count())

    @property
    def problem(self) -> str:
        """Who listens and hears nothing, and why; empty if there is nobody."""
        return "; ".join(self._problems().values())

    def publish(self, message: Any) -> None:
        """Send a message; it has been serialised when this returns."""
        self._publisher.publish(message)

    def destroy(self) -> None:
        """Take the topic away."""
        if self._unheard is not None:
            self._node.destroy_timer(self._unheard)
        self._node.destroy_publisher(self._publisher)

    def _on_unheard(self, event: Any) -> None:
        # From now on somebody may be unheard. Who it is, discovery tells in a moment.
        if self._unheard is None:
            self._unheard = self._node.create_timer(
                LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME)
            )

    def _look(self) -> None:
        self._log.tell(self._problems())

    def _problems(self) -> dict[str, str]:
        if self._unheard is None:
            return {}
        name = str(self._node.resolve_topic_name(self._topic))
        problems = {}
        for end in subscriptions(self._node, self._topic):
            against = unheard(self._offer, end.offer)
            if against and end.offer.type_name == self._offer.type_name:
                problems[end.gid.hex()] = unheard_by(
                    name, end.node or NAMELESS, against, self._overrides.prefix
                )
        return problems


class ImageOutput(Output):
    """One topic of pictures, all from one buffer: ``send`` has serialised when it returns."""

    def __init__(self, node: Any, topic: str, encoding: str, depth: int) -> None:
        """Offer the topic, reliably unless the user sets it otherwise.

        Raises:
            ConfigError: The user's ``qos_overrides`` of the topic are not allowed.
        """
        super().__init__(node, Image, topic, reliable(depth))
        self._buffer = ImageBuffer(encoding)

    def pixels(self, height: int, width: int) -> NDArray[Any]:
        """Return the next picture's memory, to be written into."""
        return self._buffer.pixels(height, width)

    def send(self, header: Any) -> None:
        """Send what was written, under a header."""
        self._buffer.message.header = header
        self.publish(self._buffer.message)
