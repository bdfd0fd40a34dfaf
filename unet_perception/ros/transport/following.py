# SPDX-License-Identifier: Apache-2.0
"""A subscription that follows the type and QoS of whoever publishes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.serialization import deserialize_message

from unet_perception.errors import FrameError
from unet_perception.ros.transport import endpoints, remedies
from unet_perception.ros.transport.endpoints import Endpoint
from unet_perception.ros.transport.problem_log import ProblemLog
from unet_perception.ros.transport.qos import DEPTH, Choice, choose, foreign_types
from unet_perception.ros.transport.qos_overrides import QosOverrides
from unet_perception.ros.transport.silence import Silence, State

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
            MemoryError: There is not enough memory for it.
        """
        try:
            return deserialize_message(self.data, self.kind)
        except MemoryError:
            raise
        except Exception as error:
            raise FrameError(
                f"{len(self.data)} bytes that are no {self.kind.__name__} message"
            ) from error


class FollowingSubscription:
    """Looks at the publishers four times a second and subscribes anew when the offer changes.

    What the user has set by ``qos_overrides`` stays as it is; the rest follows. Lives on the
    executor's thread, but for ``problem``, ``choice`` and ``foreign``, which any may read.

    Attributes:
        choice: What is asked for now.
        foreign: Types on the topic that cannot be read.
        problem: Why messages do not come, as far as it is known, and the remedy; empty if there
            is nothing to tell.
    """

    def __init__(
        self,
        node: Any,
        topic: str,
        types: Mapping[str, type],
        callback: Callable[[RawMessage], None],
        depth: int = DEPTH,
        callback_group: Any = None,
    ) -> None:
        """Subscribe: as is offered already, or to the first type and with the weakest QoS.

        Args:
            node: The ``rclpy`` node.
            topic: Topic, relative or absolute; remapping applies.
            types: Message classes that can be read, by name, the preferred one first.
            callback: Called with each message.
            depth: Messages that may wait unless the user set it; older ones are lost.
            callback_group: Tells the executor when messages are taken; None for always.

        Raises:
            ConfigError: The user's ``qos_overrides`` of the topic are not allowed.
        """
        self._node, self._topic, self._types = node, topic, types
        self._name = str(node.resolve_topic_name(topic))
        self._callback = callback
        self._depth = depth
        self._callback_group = callback_group
        self._overrides = QosOverrides(node, topic, "subscription")
        self._fixed = self._overrides.fixed
        self._seen: dict[bytes, float] = {}
        self._log = ProblemLog(node)
        self.foreign: list[str] = []
        self.problem = ""
        now = time.monotonic()
        offers = [end.offer for end in self._publishers(now)]
        # Not only in a moment: each subscription that is taken away again is a risk to whoever
        # publishes, as Fast DDS 3.2 may lock up over it (eProsima/Fast-DDS issue 6502).
        self.choice = choose(offers, list(types), self._fixed, depth)
        self._silence = Silence(now)
        self._subscription = self._subscribe(self.choice)
        if offers:
            self._tell_choice()
        # Not the node's clock: simulation time may not have begun when the publisher comes.
        self._timer = node.create_timer(
            PERIOD_S, self._follow, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _follow(self) -> None:
        now = time.monotonic()
        found = self._publishers(now)
        offers = [end.offer for end in found]
        choice = choose(offers, list(self._types), self._fixed, self._depth)
        # While nobody publishes, what was agreed on with the last publisher stays: it
        # may be back in a moment.
        if offers and choice != self.choice:
            self._node.destroy_subscription(self._subscription)
            self.choice = choice
            self._silence = Silence(now)
            self._subscription = self._subscribe(choice)
            self._tell_choice()
        self.foreign = foreign_types(offers, list(self._types))
        problems = self._problems(found, now)
        self._log.tell(problems)
        self.problem = "; ".join(problems.values())

    def _tell_choice(self) -> None:
        self._node.get_logger().info(f"reading {self._name}: {self.choice}")

    def _publishers(self, now: float) -> list[Endpoint]:
        found = endpoints.publishers(self._node, self._topic)
        self._seen = {end.gid: self._seen.get(end.gid, now) for end in found}
        return [replace(end, offer=replace(end.offer, since=self._seen[end.gid])) for end in found]

    def _problems(self, found: list[Endpoint], now: float) -> dict[str, str]:
        """Return what is wrong, by what it is about: figures within the words change."""
        problems = {}
        if self.foreign:
            problems[f"types {self.foreign}"] = remedies.unreadable(
                self._name, self.foreign, list(self._types)
            )
        heard = []
        for end in found:
            if end.offer.type_name != self.choice.type_name:
                continue
            against = endpoints.unheard(end.offer, self.choice)
            if against:
                problems[f"conflict {end.gid.hex()}"] = remedies.unheard_publisher(
                    self._name, end.node or remedies.NAMELESS, against, self._overrides.prefix
                )
            else:
                heard.append(end)
        finding = self._silence.look(now, self._node.get_clock().now().nanoseconds, bool(heard))
        if heard and finding.state is not State.FINE:
            problems[finding.state.name] = remedies.silent(self._name, finding, self._source(heard))
        return problems

    def _source(self, heard: list[Endpoint]) -> remedies.Source:
        last = max(heard, key=lambda end: end.offer.since)
        own = next(
            (
                end
                for end in endpoints.subscriptions(self._node, self._topic)
                if end.node == self._node.get_fully_qualified_name()
            ),
            None,
        )
        return remedies.Source(
            endpoints.names(heard),
            self.choice.type_name,
            all(end.offer.reliable for end in heard),
            last.vendor,
            own.vendor if own is not None else "",
            last.shares_host(own) if own is not None else None,
        )

    def _subscribe(self, choice: Choice) -> Any:
        kind = self._types[choice.type_name]
        silence = self._silence

        def take_raw(data: bytes) -> None:
            silence.arrived()
            self._callback(RawMessage(data, kind))

        return self._node.create_subscription(
            kind,
            self._topic,
            take_raw,
            endpoints.profile(choice, choice.depth, choice.keep_all),
            callback_group=self._callback_group,
            raw=True,
            qos_overriding_options=self._overrides.options(only_given=True),
            # Not rclpy's own: they warn of what is being followed, and name nobody.
            event_callbacks=SubscriptionEventCallbacks(
                message_lost=lambda event: silence.lost(time.monotonic(), event.total_count_change),
                use_default_callbacks=False,
            ),
        )
