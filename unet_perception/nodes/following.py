# SPDX-License-Identifier: Apache-2.0
"""A subscription that follows the type and QoS of whoever publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message

from unet_perception.errors import FrameError
from unet_perception.nodes.qos import DEPTH, Choice, Offer, choose, foreign_types

PERIOD_S = 0.25


@dataclass(frozen=True)
class RawMessage:
    """A message as it came over the wire.

    Messages are taken raw for two reasons: one that is replaced by a newer one never costs
    its deserialisation, and Fast DDS 3.2 spins for ever inside ``take`` when it cannot
    deserialise a sample itself (its issue 6500: an empty sample, seen when a reader joins a
    stream of large frames on a loaded machine).
    """

    data: bytes
    kind: type

    def read(self) -> Any:
        """Return the message.

        Raises:
            FrameError: The bytes are no such message.
        """
        try:
            return deserialize_message(self.data, self.kind)
        except Exception as error:
            raise FrameError(
                f"{len(self.data)} bytes that are no {self.kind.__name__} message"
            ) from error


class FollowingSubscription:
    """Looks at the publishers four times a second and subscribes anew when the offer changes.

    Lives on the executor's thread.
    """

    def __init__(
        self,
        node: Any,
        topic: str,
        types: Mapping[str, type],
        callback: Callable[[RawMessage], None],
        depth: int = DEPTH,
    ) -> None:
        """Subscribe, at first to the first type and with the weakest QoS.

        Args:
            node: The ``rclpy`` node.
            topic: Topic, relative or absolute; remapping applies.
            types: Message classes that can be read, by name, the preferred one first.
            callback: Called with each message.
            depth: Messages that may wait; older ones are lost.
        """
        self._node = node
        self._depth = depth
        self._topic = topic
        self._types = types
        self._callback = callback
        self.foreign: list[str] = []
        self.choice = choose([], list(types))
        self._subscription = self._subscribe(self.choice)
        # Not the node's clock: simulation time may not have begun when the publisher comes.
        self._timer = node.create_timer(
            PERIOD_S, self._follow, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    @property
    def problem(self) -> str:
        """Why messages do not come, as far as it is known; empty if there is nothing."""
        return ""

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _follow(self) -> None:
        offers = [_offer(info) for info in self._node.get_publishers_info_by_topic(self._topic)]
        names = list(self._types)
        foreign = foreign_types(offers, names)
        if foreign and foreign != self.foreign:
            self._node.get_logger().warning(
                f"{self._node.resolve_topic_name(self._topic)} is published as "
                f"{', '.join(foreign)}; only {', '.join(names)} can be read"
            )
        self.foreign = foreign
        choice = choose(offers, names)
        # While nobody publishes, what was agreed on with the last publisher stays: it
        # may be back in a moment.
        if choice == self.choice or not offers:
            return
        self._node.destroy_subscription(self._subscription)
        self.choice = choice
        self._subscription = self._subscribe(choice)
        self._node.get_logger().info(
            f"reading {self._node.resolve_topic_name(self._topic)}: {choice}"
        )

    def _subscribe(self, choice: Choice) -> Any:
        profile = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=self._depth,
            reliability=(
                ReliabilityPolicy.RELIABLE if choice.reliable else ReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                DurabilityPolicy.TRANSIENT_LOCAL
                if choice.transient_local
                else DurabilityPolicy.VOLATILE
            ),
        )
        kind = self._types[choice.type_name]

        def take_raw(data: bytes) -> None:
            self._callback(RawMessage(data, kind))

        return self._node.create_subscription(kind, self._topic, take_raw, profile, raw=True)


def _offer(info: Any) -> Offer:
    profile = info.qos_profile
    return Offer(
        info.topic_type,
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )
