# SPDX-License-Identifier: Apache-2.0
"""What a session with a CARLA server needs to know, checked before anything is connected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unet_perception.errors import ConfigError


@dataclass(frozen=True)
class SessionConfig:
    """Settings of one session, named as CARLA's and ROS users know them.

    Attributes:
        host: Name or IPv4 address of the server.
        port: Its RPC port, 1 to 65535.
        timeout: Longest wait for an answer, in seconds.
        town: Map to load when another one runs; empty takes what runs.
        passive: Follow whoever ticks the server: change neither its settings nor its town.
        synchronous_mode: Put the server into synchronous mode and tick it.
        fixed_delta_seconds: Simulated time of one tick in synchronous mode, in seconds.
        recover: Leave a server in asynchronous mode that was found stuck in synchronous mode.

    Raises:
        ConfigError: A value is not allowed.
    """

    host: str = "localhost"
    port: int = 2000
    timeout: float = 10.0
    town: str = ""
    passive: bool = False
    synchronous_mode: bool = True
    fixed_delta_seconds: float = 0.05
    recover: bool = False

    def __post_init__(self) -> None:
        """Check every value."""
        _require(bool(self.host.strip()), "host", self.host, "the name or address of the server")
        _require(_whole(self.port) and 1 <= self.port <= 65535, "port", self.port, "1 to 65535")
        _require(_within(self.timeout, 0.1, 3600), "timeout", self.timeout, "0.1 to 3600 seconds")
        _require(
            _within(self.fixed_delta_seconds, 0.001, 1.0),
            "fixed_delta_seconds",
            self.fixed_delta_seconds,
            "0.001 to 1 second",
        )
        _require(
            not (self.passive and self.town),
            "town",
            self.town,
            "empty in a passive session, which never loads another one",
        )
        _require(
            not (self.passive and self.recover),
            "recover",
            self.recover,
            "false in a passive session, which never changes the server's settings",
        )

    @property
    def address(self) -> str:
        """``host:port``, as messages name the server."""
        return f"{self.host}:{self.port}"


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _within(value: float, low: float, high: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(value) and low <= value <= high


def _require(allowed: bool, key: str, value: object, what: str) -> None:
    if not allowed:
        raise ConfigError(f"{key} is {value!r}; it must be {what}")
