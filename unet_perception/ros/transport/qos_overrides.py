# SPDX-License-Identifier: Apache-2.0
"""``qos_overrides``: QoS that the user sets by parameters, as for every ROS node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.qos import QoSPolicyKind
from rclpy.qos_overriding_options import QoSOverridingOptions

from unet_perception.errors import ConfigError
from unet_perception.ros.transport.qos import Fixed


@dataclass(frozen=True)
class _Policy:
    allowed: str
    accepts: Callable[[object], bool]


def _words(*words: str) -> _Policy:
    return _Policy(" or ".join(words), lambda value: value in words)


POLICIES: Mapping[str, _Policy] = {
    "reliability": _words("reliable", "best_effort"),
    "durability": _words("volatile", "transient_local"),
    "history": _words("keep_last", "keep_all"),
    "depth": _Policy("a whole number above 0", lambda value: type(value) is int and value > 0),
}
"""Policies that can be set, under their names in ``qos_overrides``."""


class QosOverrides:
    """What the user has set for one end of one topic."""

    def __init__(self, node: Any, topic: str, end: str) -> None:
        """Read and check it.

        Args:
            node: The ``rclpy`` node.
            topic: Topic, relative or absolute; remapping applies, and the parameters
                carry the name that it gives.
            end: ``publisher`` or ``subscription``.

        Raises:
            ConfigError: A policy is not known, or its value is not allowed.
        """
        self.prefix = f"qos_overrides.{node.resolve_topic_name(topic)}.{end}."
        # rclpy shows overrides only one by one, once declared.
        overrides = node._parameter_overrides.items()
        self._given = read_overrides({name: value.value for name, value in overrides}, self.prefix)

    @property
    def fixed(self) -> Fixed:
        """The same, as a choice takes it."""

        def chosen(policy: str, word: str) -> bool | None:
            return self._given[policy] == word if policy in self._given else None

        depth = self._given.get("depth")
        return Fixed(
            chosen("reliability", "reliable"),
            chosen("durability", "transient_local"),
            chosen("history", "keep_all"),
            depth if isinstance(depth, int) else None,
        )

    def options(self, only_given: bool) -> Any:
        """Return what rclpy applies and declares as parameters.

        Args:
            only_given: Leave out what the user has not set. A parameter keeps its first
                value, so that what changes later must not be one.
        """
        names = self._given if only_given else POLICIES
        return QoSOverridingOptions([QoSPolicyKind[name.upper()] for name in names])


def read_overrides(given: Mapping[str, object], prefix: str) -> dict[str, object]:
    """Return what is set below a prefix, by the policy's name.

    Raises:
        ConfigError: A policy is not known, or its value is not allowed.
    """
    found = {}
    for name, value in given.items():
        if not name.startswith(prefix):
            continue
        policy = POLICIES.get(name[len(prefix) :])
        if policy is None:
            raise ConfigError(
                f"parameter {name} is not known; below {prefix} there are {', '.join(POLICIES)}"
            )
        if not policy.accepts(value):
            raise ConfigError(f"parameter {name} is {value!r}; it must be {policy.allowed}")
        found[name[len(prefix) :]] = value
    return found
