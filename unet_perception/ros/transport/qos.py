# SPDX-License-Identifier: Apache-2.0
"""Which message type and QoS a subscription takes, and what keeps two ends from each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DEPTH = 1
"""Keep last: an older frame is never wanted once there is a newer one."""


@dataclass(frozen=True)
class Offer:
    """What one publisher offers, or what one subscription asks for.

    Attributes:
        type_name: Message type, such as ``sensor_msgs/msg/Image``.
        reliable: It resends what is lost.
        transient_local: It keeps its last message for those that come late.
        since: When it was first seen, in any unit.
    """

    type_name: str
    reliable: bool
    transient_local: bool
    since: float = 0.0


@dataclass(frozen=True)
class Fixed:
    """What the user has set of a QoS profile; None is left to us.

    Attributes:
        reliable: Reliable or best effort.
        transient_local: Transient local or volatile.
        keep_all: Keep all or keep last.
        depth: Messages that are kept.
    """

    reliable: bool | None = None
    transient_local: bool | None = None
    keep_all: bool | None = None
    depth: int | None = None


@dataclass(frozen=True)
class Choice:
    """What a subscription asks for; unless the user fixed it, every publisher of its type fits."""

    type_name: str
    reliable: bool = False
    transient_local: bool = False
    depth: int = DEPTH
    keep_all: bool = False

    def __str__(self) -> str:
        """Return the choice in the words of ``ros2 topic info --verbose``."""
        history = "KEEP_ALL" if self.keep_all else f"KEEP_LAST {self.depth}"
        return (
            f"{self.type_name} {reliability(self.reliable)} {durability(self.transient_local)} "
            f"{history}"
        )


LEAVE = Fixed()
"""Nothing is set by the user."""


def reliability(reliable: bool) -> str:
    """Return the policy's name."""
    return "RELIABLE" if reliable else "BEST_EFFORT"


def durability(transient_local: bool) -> str:
    """Return the policy's name."""
    return "TRANSIENT_LOCAL" if transient_local else "VOLATILE"


def choose(
    offers: Sequence[Offer], type_names: Sequence[str], fixed: Fixed = LEAVE, depth: int = DEPTH
) -> Choice:
    """Choose for the publishers that are there now.

    The type is that of the publisher that came last: the others may have ended without a word,
    and then stay in the graph for as long as their lease lasts (20 s).

    Reliable is wanted where it can be had: on the default transports best effort loses
    nearly every frame that is larger than a shared-memory segment. But a subscription that
    asks for more than a publisher offers receives nothing from it at all.

    Args:
        offers: What each publisher on the topic offers.
        type_names: Types that can be read, the preferred one first; it is also the
            choice as long as nobody publishes.
        fixed: What the user has set.
        depth: Messages that are kept unless the user set another number.
    """
    readable = [offer for offer in offers if offer.type_name in type_names]
    latest = max((offer.since for offer in readable), default=0.0)
    newest = {offer.type_name for offer in readable if offer.since == latest}
    type_name = next((name for name in type_names if name in newest), type_names[0])
    of_type = [offer for offer in readable if offer.type_name == type_name]
    return Choice(
        type_name,
        _set(fixed.reliable, bool(of_type) and all(offer.reliable for offer in of_type)),
        _set(
            fixed.transient_local, bool(of_type) and all(offer.transient_local for offer in of_type)
        ),
        depth if fixed.depth is None else fixed.depth,
        _set(fixed.keep_all, False),
    )


def foreign_types(offers: Iterable[Offer], type_names: Sequence[str]) -> list[str]:
    """Return the types on the topic that cannot be read, sorted."""
    return sorted({offer.type_name for offer in offers} - set(type_names))


@dataclass(frozen=True)
class Conflict:
    """A policy of which a subscription asks for more than a publisher offers.

    Attributes:
        policy: Its name as in ``qos_overrides``.
        asked: What the subscription asks for.
        offered: What the publisher offers.
    """

    policy: str
    asked: str
    offered: str


def conflicts(offered: Offer | Choice, asked: Offer | Choice) -> list[Conflict]:
    """Return why a subscription hears nothing from a publisher; empty if it does."""
    found = []
    if asked.reliable and not offered.reliable:
        found.append(Conflict("reliability", reliability(True), reliability(False)))
    if asked.transient_local and not offered.transient_local:
        found.append(Conflict("durability", durability(True), durability(False)))
    return found


def _set(fixed: bool | None, otherwise: bool) -> bool:
    return otherwise if fixed is None else fixed
