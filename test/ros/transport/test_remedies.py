# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.ros.transport import profile
from unet_perception.ros.transport.qos import Conflict
from unet_perception.ros.transport.remedies import (
    Source,
    silent,
    unheard_by,
    unheard_publisher,
    unreadable,
)
from unet_perception.ros.transport.silence import Finding, State

IMAGE = "sensor_msgs/msg/Image"
HERE = Source("/cam", IMAGE, False, "Fast DDS", "Fast DDS", True)
RELIABILITY = Conflict("reliability", "RELIABLE", "BEST_EFFORT")
DURABILITY = Conflict("durability", "TRANSIENT_LOCAL", "VOLATILE")
NEVER = Finding(State.NEVER, 6.2)
LOSING = Finding(State.LOSING, 0.0, 2, 48)


def test_a_publisher_that_is_not_heard_is_named_with_both_remedies() -> None:
    prefix = "qos_overrides./image.subscription."
    assert unheard_publisher("/image", "/cam", [RELIABILITY], prefix) == (
        "/image: nothing is received from /cam, which offers BEST_EFFORT, while "
        "qos_overrides./image.subscription.reliability asks for RELIABLE: remove that override, "
        "or let /cam offer RELIABLE"
    )


def test_a_subscriber_that_hears_nothing_is_named_with_both_remedies() -> None:
    prefix = "qos_overrides./mask.publisher."
    assert unheard_by("/mask", "/rviz", [RELIABILITY, DURABILITY], prefix) == (
        "/mask: /rviz receives nothing, as it asks for RELIABLE and TRANSIENT_LOCAL, while "
        "BEST_EFFORT and VOLATILE is offered: let it ask for BEST_EFFORT and VOLATILE, or set "
        "qos_overrides./mask.publisher.reliability to reliable and "
        "qos_overrides./mask.publisher.durability to transient_local here"
    )


def test_a_type_that_cannot_be_read_is_named() -> None:
    words = unreadable("/image", ["std_msgs/msg/String"], [IMAGE])
    assert words == f"/image is published as std_msgs/msg/String; only {IMAGE} can be read"


def test_raw_pictures_lost_on_one_host_want_the_profile() -> None:
    words = silent("/image", LOSING, HERE)
    assert words.startswith(
        "/image: /cam publishes Image BEST_EFFORT, but 48 of 50 messages of the last 5 s were "
    )
    assert f"{profile.profile_variable(os.environ)}={profile.PROFILE}" in words
    assert "let it publish RELIABLE" in words
    reliable = silent("/image", LOSING, replace(HERE, reliable=True))
    assert "RELIABLE" not in reliable[60:]
    # What a reader does not take in time is replaced, which the middleware counts as lost.
    assert "too little of the processor" in reliable
    assert "processor" not in words


def test_raw_pictures_lost_between_hosts_want_to_be_compressed() -> None:
    words = silent("/image", LOSING, replace(HERE, shares_host=False))
    assert "CompressedImage" in words
    assert "FASTDDS" not in words


def test_one_whose_name_arrives_is_within_reach() -> None:
    words = silent("/image", NEVER, HERE)
    assert "nothing has arrived for 6 s: it sends nothing; or its process lacks the" in words
    assert "--ipc=host" not in words
    # Reliable: whole or in pieces, it would arrive.
    assert "PROFILES_FILE" not in silent("/image", NEVER, replace(HERE, reliable=True))


def test_one_whose_name_does_not_arrive_is_beyond_reach() -> None:
    words = silent("/image", NEVER, replace(HERE, name=""))
    assert words.startswith("/image: a publisher publishes Image BEST_EFFORT, but nothing has ")
    assert "for 6 s, not even the name of its node: its process cannot share memory" in words
    assert "--ipc=host" in words
    assert "PROFILES_FILE" not in words
    assert "firewall" in silent("/image", NEVER, replace(HERE, name="", shares_host=False))


def test_another_middleware_is_named() -> None:
    other = replace(HERE, name="", vendor="Cyclone DDS", shares_host=None)
    words = silent("/image", NEVER, other)
    assert "its process runs Cyclone DDS and this one Fast DDS" in words
    assert "RMW_IMPLEMENTATION" in words
    assert "--ipc=host" not in words


def test_one_that_stopped_was_heard_before() -> None:
    words = silent("/image", Finding(State.STOPPED, 7.0), HERE)
    assert "nothing has arrived for 7 s: it has stopped sending" in words
    assert "PROFILE" not in words
