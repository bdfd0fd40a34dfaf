# SPDX-License-Identifier: Apache-2.0
"""Who is at the other end of a topic: node, QoS, middleware and host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)

from unet_perception.ros.transport.qos import Choice, Conflict, Offer, conflicts

UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"
"""rmw's word for an endpoint that was discovered before its node."""

FAST_DDS = "Fast DDS"
VENDORS: Mapping[bytes, str] = {
    b"\x01\x0f": FAST_DDS,
    b"\x01\x10": "Cyclone DDS",
    b"\x01\x01": "RTI Connext",
}
"""DDS vendor ids, with which the GUID of each of their participants begins."""

_HOST = slice(2, 4)
"""Where Fast DDS keeps a hash of the host's network interfaces in its GUIDs (3.2; the RTPS
standard leaves it to the vendor). Two processes that differ in it do not use shared memory."""


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscription.

    Attributes:
        node: Full name of its node; empty while that is not known.
        offer: Its type and QoS.
        gid: Its identifier in the middleware.
    """

    node: str
    offer: Offer
    gid: bytes

    @property
    def vendor(self) -> str:
        """The middleware of its process; empty if that is none of those in ``VENDORS``."""
        return VENDORS.get(self.gid[:2], "")

    def shares_host(self, other: Endpoint) -> bool | None:
        """Return whether both are on one host; None if their middleware does not tell."""
        if self.vendor != FAST_DDS or other.vendor != FAST_DDS:
            return None
        return self.gid[_HOST] == other.gid[_HOST]


def publishers(node: Any, topic: str) -> list[Endpoint]:
    """Return the publishers of a topic that a node knows of."""
    return [_endpoint(info) for info in node.get_publishers_info_by_topic(topic)]


def subscriptions(node: Any, topic: str) -> list[Endpoint]:
    """Return the subscriptions of a topic that a node knows of, its own as well."""
    return [_endpoint(info) for info in node.get_subscriptions_info_by_topic(topic)]


def unheard(offered: Offer | Choice, asked: Offer | Choice) -> list[Conflict]:
    """Return why this middleware connects a publisher with a subscription not; empty if it does.

    Not every middleware is as strict as DDS: Zenoh connects all.
    """
    found = conflicts(offered, asked)
    if found:
        compatible, _ = qos_check_compatible(profile(offered), profile(asked))
        if compatible != QoSCompatibility.ERROR:
            return []
    return found


def names(endpoints: list[Endpoint]) -> str:
    """Return the nodes of some endpoints, sorted; empty while none is known."""
    return ", ".join(sorted({end.node for end in endpoints if end.node}))


def offer(type_name: str, profile: QoSProfile) -> Offer:
    """Return what a profile offers, or asks for."""
    return Offer(
        type_name,
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )


def profile(of: Offer | Choice, depth: int = 1, keep_all: bool = False) -> QoSProfile:
    """Return a profile of that reliability and durability."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_ALL if keep_all else HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=(ReliabilityPolicy.RELIABLE if of.reliable else ReliabilityPolicy.BEST_EFFORT),
        durability=(
            DurabilityPolicy.TRANSIENT_LOCAL if of.transient_local else DurabilityPolicy.VOLATILE
        ),
    )


def _endpoint(info: Any) -> Endpoint:
    known = info.node_name and info.node_name != UNKNOWN_NODE
    node = f"{info.node_namespace.rstrip('/')}/{info.node_name}" if known else ""
    return Endpoint(node, offer(info.topic_type, info.qos_profile), bytes(info.endpoint_gid))
