# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.ros.transport.endpoints import Endpoint, names
from unet_perception.ros.transport.qos import Offer

OFFER = Offer("sensor_msgs/msg/Image", True, False)


def end(gid: str, node: str = "") -> Endpoint:
    return Endpoint(node, OFFER, bytes.fromhex(gid))


HERE = end("010f78fd6a2f19620000000000001303")


def test_the_middleware_is_known_by_its_vendor_id() -> None:
    assert HERE.vendor == "Fast DDS"
    assert end("01101d2e000000000000000000000104").vendor == "Cyclone DDS"
    assert end("5d1d2e00000000000000000000000000").vendor == ""


def test_fast_dds_tells_whether_two_are_on_one_host() -> None:
    assert HERE.shares_host(end("010f78fd6b2fee130000000000001304")) is True
    assert HERE.shares_host(end("010f11226b2fee130000000000001304")) is False
    assert HERE.shares_host(end("01101d2e000000000000000000000104")) is None


def test_names_are_listed_once() -> None:
    ends = [end("01", "/b"), end("02", "/a"), end("03"), end("04", "/b")]
    assert names(ends) == "/a, /b"
    assert names(ends[2:3]) == ""
