# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.errors import ConfigError
from unet_perception.ros.transport.qos import Fixed
from unet_perception.ros.transport.qos_overrides import QosOverrides, read_overrides

PREFIX = "qos_overrides./image.subscription."


def overrides(given: dict[str, object]) -> Any:
    node = SimpleNamespace(
        resolve_topic_name=lambda topic: f"/{topic}",
        _parameter_overrides={k: SimpleNamespace(value=v) for k, v in given.items()},
    )
    return QosOverrides(node, "image", "subscription")


def test_what_is_set_for_the_topic_is_fixed() -> None:
    given = {
        f"{PREFIX}reliability": "best_effort",
        f"{PREFIX}durability": "transient_local",
        f"{PREFIX}history": "keep_last",
        f"{PREFIX}depth": 4,
    }
    assert overrides(given).fixed == Fixed(False, True, False, 4)


def test_other_topics_and_ends_do_not_count() -> None:
    given = {
        "qos_overrides./image.publisher.reliability": "best_effort",
        "qos_overrides./image_raw.subscription.depth": 4,
        "qos_overrides./camera/image.subscription.depth": 4,
        "use_sim_time": True,
    }
    assert overrides(given).fixed == Fixed()
    assert list(overrides(given).options(only_given=True).policy_kinds) == []


def test_a_subscription_declares_only_what_is_set() -> None:
    found = overrides({f"{PREFIX}depth": 4})
    assert [kind.name for kind in found.options(only_given=True).policy_kinds] == ["DEPTH"]
    assert len(list(found.options(only_given=False).policy_kinds)) == 4


@pytest.mark.parametrize(
    ("policy", "value", "words"),
    [
        ("reliability", "sometimes", "'sometimes'; it must be reliable or best_effort"),
        ("reliability", "RELIABLE", "'RELIABLE'; it must be reliable or best_effort"),
        ("durability", 3, "3; it must be volatile or transient_local"),
        ("history", "", "''; it must be keep_last or keep_all"),
        ("depth", 0, "0; it must be a whole number above 0"),
        ("depth", True, "True; it must be a whole number above 0"),
        ("depth", "4", "'4'; it must be a whole number above 0"),
    ],
)
def test_a_wrong_value_is_refused(policy: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        overrides({PREFIX + policy: value})
    assert str(caught.value) == f"parameter {PREFIX}{policy} is {words}"


def test_an_unknown_policy_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match=r"reliabilty is not known; .*reliability, durability"):
        read_overrides({f"{PREFIX}reliabilty": "reliable"}, PREFIX)
