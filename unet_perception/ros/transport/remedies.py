# SPDX-License-Identifier: Apache-2.0
"""What is wrong between two ends of a topic, in words, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from unet_perception.ros.transport.endpoints import FAST_DDS
from unet_perception.ros.transport.profile import PROFILE, profile_variable
from unet_perception.ros.transport.qos import Conflict, reliability
from unet_perception.ros.transport.silence import LOSS_WINDOW_S, Finding, State

RAW_PICTURES = "sensor_msgs/msg/Image"
PAGE = "see docs/transport.md"

NAMELESS = "a publisher"
"""One whose node is not known."""


@dataclass(frozen=True)
class Source:
    """A publisher whose messages do not arrive as they should.

    Attributes:
        name: Its node, or several; empty if not even that has arrived.
        type_name: Message type.
        reliable: Its reliability.
        vendor: Its middleware; empty if that is not known.
        own_vendor: This process's middleware, likewise.
        shares_host: Whether it runs on this host; None if that is not known.
    """

    name: str
    type_name: str
    reliable: bool
    vendor: str
    own_vendor: str
    shares_host: bool | None


def unheard_publisher(topic: str, name: str, found: Sequence[Conflict], prefix: str) -> str:
    """Say that our subscription asks for more than a publisher offers.

    Args:
        topic: The topic.
        name: The publisher's node.
        found: Why; not empty.
        prefix: Of the subscription's ``qos_overrides``, which ask for it.
    """
    return (
        f"{topic}: nothing is received from {name}, which offers "
        f"{_list([one.offered for one in found])}, while "
        f"{_list([f'{prefix}{one.policy} asks for {one.asked}' for one in found])}: remove that "
        f"override, or let {name} offer {_list([one.asked for one in found])}"
    )


def unheard_by(topic: str, name: str, found: Sequence[Conflict], prefix: str) -> str:
    """Say that somebody's subscription asks for more than we offer.

    Args:
        topic: The topic.
        name: The subscription's node.
        found: Why; not empty.
        prefix: Of the publisher's ``qos_overrides``, which can offer it.
    """
    overrides = [f"{prefix}{one.policy} to {one.asked.lower()}" for one in found]
    return (
        f"{topic}: {name} receives nothing, as it asks for "
        f"{_list([one.asked for one in found])}, while {_list([one.offered for one in found])} "
        f"is offered: let it ask for {_list([one.offered for one in found])}, or set "
        f"{_list(overrides)} here"
    )


def unreadable(topic: str, foreign: Sequence[str], type_names: Sequence[str]) -> str:
    """Say that a topic carries what cannot be read."""
    return f"{topic} is published as {', '.join(foreign)}; only {', '.join(type_names)} can be read"


def silent(topic: str, finding: Finding, source: Source) -> str:
    """Say that messages do not arrive, and what the likely reasons are."""
    kind = source.type_name.rpartition("/")[2]
    name = source.name or NAMELESS
    who = f"{topic}: {name} publishes {kind} {reliability(source.reliable)}, but"
    if finding.state is State.STOPPED:
        return (
            f"{who} nothing has arrived for {finding.silent_s:.0f} s: it has stopped sending, "
            "hangs, or is gone"
        )
    if finding.state is State.LOSING:
        of = finding.arrived + finding.lost
        return (
            f"{who} {finding.lost} of {of} messages of the last {LOSS_WINDOW_S:.0f} s were lost on "
            f"the way: {'; or '.join(_why_lost(source))}; {PAGE}"
        )
    what = f"nothing has arrived for {finding.silent_s:.0f} s"
    if source.name:
        # What it says of itself arrives, by the same way.
        reasons = ["it sends nothing", *([] if source.reliable else _why_lost(source))]
    else:
        what += ", not even the name of its node"
        reasons = [*_why_unreachable(source), "it is no ROS node and sends nothing"]
    return f"{who} {what}: {'; or '.join(reasons)}; {PAGE}"


def _why_lost(source: Source) -> list[str]:
    if source.type_name != RAW_PICTURES:
        return ["the network loses them"]
    if source.shares_host is False:
        return ["raw pictures are too much for the network; let it send CompressedImage"]
    reasons = []
    if source.vendor in ("", FAST_DDS):
        reasons.append(
            "its process lacks the shared-memory profile, without which whole pictures do not fit; "
            f"start it with {profile_variable(os.environ)}={PROFILE}"
        )
    if source.reliable:
        # Seen on a starved machine: what is not taken in time is replaced, and counts as lost.
        reasons.append("this process gets too little of the processor to take them in time")
    else:
        reasons.append("let it publish RELIABLE")
    return [*reasons, "let it send CompressedImage"]


def _why_unreachable(source: Source) -> list[str]:
    if source.vendor and source.own_vendor and source.vendor != source.own_vendor:
        return [
            f"its process runs {source.vendor} and this one {source.own_vendor}; start both with "
            "one RMW_IMPLEMENTATION"
        ]
    if source.shares_host is False:
        return ["a firewall lets only discovery through"]
    if source.vendor in ("", FAST_DDS):
        return [
            "its process cannot share memory with this one, being in another container or of "
            "another user; give both one /dev/shm (docker run --ipc=host) and one user"
        ]
    return []


def _list(words: Sequence[str]) -> str:
    return " and ".join(words)
