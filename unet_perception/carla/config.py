# SPDX-License-Identifier: Apache-2.0
"""What a session with a CARLA server needs to know, checked before anything is connected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unet_perception.errors import ConfigError

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Before each attempt to reach a server again that was lost; the last one stays."""


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
        self._require("host", bool(self.host.strip()), "the name or address of the server")
        self._require("port", type(self.port) is int and 1 <= self.port <= 65535, "1 to 65535")
        self._require("timeout", _within(self.timeout, 0.1, 3600), "0.1 to 3600 seconds")
        short = _within(self.fixed_delta_seconds, 0.001, 1.0)
        self._require("fixed_delta_seconds", short, "0.001 to 1 second")
        if self.passive:
            never = "in a passive session, which never"
            self._require("town", not self.town, f"empty {never} loads another one")
            kept = f"false {never} changes the server's settings"
            self._require("recover", not self.recover, kept)

    @property
    def address(self) -> str:
        """``host:port``, as messages name the server."""
        return f"{self.host}:{self.port}"

    def _require(self, key: str, allowed: bool, what: str) -> None:
        if not allowed:
            raise ConfigError(f"{key} is {getattr(self, key)!r}; it must be {what}")


def _within(value: float, low: float, high: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
