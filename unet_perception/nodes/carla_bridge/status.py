# SPDX-License-Identifier: Apache-2.0
"""How the bridge is doing: the connection, ticks and pictures."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from unet_perception.options.diagnostics import ERROR, OK, SILENCE_S, WARN, WINDOW_S, Status


@dataclass(frozen=True)
class Connection:
    """What is known of a server that the bridge is connected to.

    Attributes:
        server_version: What the server says of itself.
        client_version: What the installed client says of itself.
        town: The map.
        ticking: The bridge ticks the world; else it follows.
        swept: Actors of earlier runs that were destroyed.
    """

    server_version: str
    client_version: str
    town: str
    ticking: bool
    swept: int


class BridgeStatus:
    """Any thread may call it. Times are seconds of one steady clock, given by the caller.

    The lock is never held while anything waits: pictures are counted on the client's own
    threads, which must not stand still.
    """

    def __init__(
        self, server: str, role_name: str, cameras: Iterable[str], tick_period: float
    ) -> None:
        """Start without a connection.

        Args:
            server: Host and port.
            role_name: Role of the vehicle.
            cameras: Names of the cameras.
            tick_period: Seconds of wall time between two ticks, when the bridge ticks.
        """
        self._lock = threading.Lock()
        self._server = server
        self._role_name = role_name
        self._silence = max(SILENCE_S, 2.0 * tick_period)
        self._images = dict.fromkeys(cameras, 0)
        self._sets: Mapping[str, int] = {"incomplete_sets": 0, "late_partners": 0}
        self._connection: Connection | None = None
        self._known: Connection | None = None
        self._connections = 0
        self._swept = 0
        self._last_error = ""
        self._next_try: float | None = None
        self._frame = 0
        self._ticks: deque[float] = deque()
        self._since = 0.0

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return self._connections

    def connected(self, now: float, connection: Connection) -> None:
        """Everything is in place and the first tick is due."""
        with self._lock:
            self._connections += 1
            self._swept += connection.swept
            self._connection = self._known = connection
            self._next_try = None
            self._ticks.clear()
            self._since = now

    def lost(self, next_try: float, reason: str) -> None:
        """There is no connection, for a reason; one is tried at the moment ``next_try``."""
        with self._lock:
            self._last_error = reason
            self._connection = None
            self._next_try = next_try
            self._ticks.clear()

    def ticked(self, now: float, frame: int, sets: Mapping[str, int]) -> None:
        """The world went on by a frame.

        Args:
            now: The moment.
            frame: The frame's number.
            sets: Counters of picture sets, by name.
        """
        with self._lock:
            self._frame = frame
            self._sets = sets
            self._ticks.append(now)
            self._since = now
            self._forget(now)

    def image(self, camera: str) -> None:
        """A picture has been published."""
        with self._lock:
            self._images[camera] += 1

    def report(self, now: float) -> Status:
        """Return the state at ``now``."""
        with self._lock:
            self._forget(now)
            rate = self._rate(now)
            level, message = self._health(now, rate)
            known = self._known or Connection("", "", "", False, 0)
            mode = "ticking" if known.ticking else "following"
            return Status(
                level,
                message,
                {
                    "server": self._server,
                    "server_version": known.server_version,
                    "client_version": known.client_version,
                    "town": known.town,
                    "mode": mode if self._known else "",
                    "role_name": self._role_name,
                    "tick_rate_hz": f"{rate:.2f}",
                    "frame": str(self._frame),
                    **{f"images_{name}": str(count) for name, count in self._images.items()},
                    **{name: str(count) for name, count in self._sets.items()},
                    "reconnects": str(max(0, self._connections - 1)),
                    "swept": str(self._swept),
                    "last_error": self._last_error,
                },
            )

    def _forget(self, now: float) -> None:
        while self._ticks and self._ticks[0] <= now - WINDOW_S:
            self._ticks.popleft()

    def _rate(self, now: float) -> float:
        # Between the first and the last tick: right at once after a start, too.
        if len(self._ticks) < 2 or now - self._ticks[-1] >= self._silence:
            return 0.0
        return (len(self._ticks) - 1) / max(self._ticks[-1] - self._ticks[0], 1e-6)

    def _health(self, now: float, rate: float) -> tuple[int, str]:
        if self._connection is None:
            return self._absence(now)
        silent = now - self._since
        if silent < self._silence:
            what = "ticking" if self._connection.ticking else "following another's ticks"
            return OK, f"{what} at {rate:.1f} Hz"
        if self._connection.ticking:
            return WARN, f"the server has not answered a tick for {silent:.0f} s"
        return WARN, f"nobody has ticked the world for {silent:.0f} s"

    def _absence(self, now: float) -> tuple[int, str]:
        if self._next_try is None:
            return WARN, f"connecting to {self._server}"
        wait = math.ceil(self._next_try - now)
        if wait > 0:
            return ERROR, f"connection lost, next try in {wait} s"
        return ERROR, "connection lost, trying to connect"
