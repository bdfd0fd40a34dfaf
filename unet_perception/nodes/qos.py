# SPDX-License-Identifier: Apache-2.0
"""Which message type and QoS a subscription takes, given what the publishers offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DEPTH = 1
"""Keep last: an older frame is never wanted once there is a newer one."""


@dataclass(frozen=True)
class Offer:
    """What one publisher offers.

    Attributes:
        type_name: Message type, such as ``sensor_msgs/msg/Image``.
        reliable: It resends what is lost.
        transient_local: It keeps its last message for those that come late.
    """

    type_name: str
    reliable: bool
    transient_local: bool


@dataclass(frozen=True)
class Choice:
    """What a subscription asks for; it matches every publisher of its type."""

    type_name: str
    reliable: bool = False
    transient_local: bool = False

    def __str__(self) -> str:
        """Return the choice in the words of ``ros2 topic info --verbose``."""
        reliability = "RELIABLE" if self.reliable else "BEST_EFFORT"
        durability = "TRANSIENT_LOCAL" if self.transient_local else "VOLATILE"
        return f"{self.type_name} {reliability} {durability} KEEP_LAST {DEPTH}"


def choose(offers: Sequence[Offer], type_names: Sequence[str]) -> Choice:
    """Choose for the publishers that are there now.

    Reliable is wanted where it can be had: on the default transports best effort loses
    nearly every frame that is larger than a shared-memory segment. But a subscription that
    asks for more than a publisher offers receives nothing from it at all.

    Args:
        offers: What each publisher on the topic offers.
        type_names: Types that can be read, the preferred one first; it is also the
            choice as long as nobody publishes.
    """
    for type_name in type_names:
        of_type = [offer for offer in offers if offer.type_name == type_name]
        if of_type:
            return Choice(
                type_name,
                all(offer.reliable for offer in of_type),
                all(offer.transient_local for offer in of_type),
            )
    return Choice(type_names[0])


def foreign_types(offers: Iterable[Offer], type_names: Sequence[str]) -> list[str]:
    """Return the types on the topic that cannot be read, sorted."""
    return sorted({offer.type_name for offer in offers} - set(type_names))
