# SPDX-License-Identifier: Apache-2.0
"""The door in front of the HTTP server: how many connections there may be, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LARGEST_REQUEST = 1 << 16
"""Bytes that may come before a request is complete; aiohttp 3.9 does not count lines."""


@dataclass(frozen=True)
class Patience:
    """What a connection may take.

    Attributes:
        connections: Most of them at one time.
        request_s: Until its first request is complete.
        write_s: For which it may leave unread what it asked for.
    """

    connections: int = 64
    request_s: float = 10.0
    write_s: float = 20.0


class Gate:
    """Makes a protocol for each connection, and keeps count.

    When there are too many, the oldest one that asks for nothing has to go, so that those who
    connect and never say anything cannot keep others out.
    """

    def __init__(
        self,
        make: Callable[[], asyncio.Protocol],
        patience: Patience,
        refused: Callable[[], object],
    ) -> None:
        """Begin without a connection.

        Args:
            make: Makes the protocol of the HTTP server.
            patience: What a connection may take.
            refused: Called for each connection that is turned away or cut off.
        """
        self._make = make
        self.patience = patience
        self.refused = refused
        self._inside: dict[Passage, None] = {}

    def __call__(self) -> Passage:
        """Return the protocol of a new connection."""
        return Passage(self, self._make())

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._inside)

    def enter(self, passage: Passage) -> bool:
        """Let a connection in; return whether there was room."""
        if len(self._inside) >= self.patience.connections:
            idle = next((one for one in self._inside if not one.busy), None)
            self.refused()
            if idle is None:
                return False
            del self._inside[idle]
            idle.cut()
        self._inside[passage] = None
        return True

    def leave(self, passage: Passage) -> None:
        """Take note that a connection has ended."""
        self._inside.pop(passage, None)


class Passage(asyncio.Protocol):
    """One connection: everything goes through to the HTTP server's own protocol.

    Attributes:
        busy: A request is being answered.
    """

    def __init__(self, gate: Gate, inner: Any) -> None:
        """Take the place of the inner protocol."""
        self._gate = gate
        self._inner = inner
        self._transport: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._let_in = False
        self._came = 0
        self.busy = False

    def begin_request(self) -> None:
        """A request has come whole."""
        self.busy = True
        self._came = 0
        self._set_timer(None)

    def end_request(self) -> None:
        """It has been answered."""
        self.busy = False

    def cut(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or not."""
        self._transport = transport
        self._let_in = self._gate.enter(self)
        if not self._let_in:
            self.cut()
            return
        self._set_timer(self._gate.patience.request_s)
        self._inner.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self._set_timer(None)
        self._gate.leave(self)
        if self._let_in:
            self._inner.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, until it is too much for a request."""
        if not self._let_in:
            return
        if not self.busy:
            self._came += len(data)
            if self._came > LARGEST_REQUEST:
                self._give_up()
                return
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on that no more will come."""
        return bool(self._inner.eof_received()) if self._let_in else None

    def pause_writing(self) -> None:
        """The other side does not read: it has some time to begin."""
        self._set_timer(self._gate.patience.write_s)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """It has begun."""
        self._set_timer(None)
        self._inner.resume_writing()

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._gate.refused()
        self.cut()
