# SPDX-License-Identifier: Apache-2.0
"""msgpack-rpc as rpclib 2.2 speaks it: requests ``[0, id, method, arguments]`` back to back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack

log = logging.getLogger(__name__)

MAX_MESSAGE = 64 << 20
"""Bytes; the largest real request carries an OpenDRIVE map of some megabytes."""

CHUNK = 1 << 16
REQUEST, RESPONSE = 0, 1

Answer = Callable[[str, list[Any], str], Awaitable[Any]]
"""Takes a method, its arguments and the server's address as this client sees it.

Returns the result; raises ``RpcError`` for an error on the level of the protocol.
"""


class RpcError(Exception):
    """A call that has no result; the client sees that the call failed, not the text."""


class RpcServer:
    """Accepts connections and answers each request, on one event loop."""

    def __init__(self, answer: Answer) -> None:
        """Set what answers."""
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def connections(self) -> int:
        """How many clients' connections are open."""
        return len(self._writers)

    async def listen(self, host: str, port: int) -> int:
        """Begin to accept connections; return the port.

        Raises:
            OSError: The address cannot be had.
        """
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        peer = writer.get_extra_info("peername")
        try:
            await self._read_requests(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            log.info("%s: the connection broke", peer)
        except (ValueError, msgpack.UnpackException, RecursionError) as error:
            log.warning("%s: closed: no msgpack-rpc: %s", peer, error or type(error).__name__)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=False,
            # Another text encoding than UTF-8 is no reason to lose a client.
            unicode_errors="surrogateescape",
            max_buffer_size=MAX_MESSAGE,
        )
        host = str(writer.get_extra_info("sockname")[0])
        while data := await reader.read(CHUNK):
            unpacker.feed(data)
            for message in unpacker:
                number, method, arguments = _request(message)
                writer.write(await self._reply(number, method, arguments, host))
            await writer.drain()

    async def _reply(self, number: int, method: str, arguments: list[Any], host: str) -> bytes:
        error, result = None, None
        try:
            result = await self._answer(method, arguments, host)
        except RpcError as refusal:
            error = str(refusal)
        reply: bytes = msgpack.packb([RESPONSE, number, error, result], use_bin_type=True)
        return reply


def _request(message: Any) -> tuple[int, str, list[Any]]:
    if not isinstance(message, list) or len(message) != 4 or message[0] != REQUEST:
        raise ValueError("a request must be [0, id, method, arguments]")
    _, number, method, arguments = message
    if not (isinstance(number, int) and isinstance(method, str) and isinstance(arguments, list)):
        raise ValueError("a request must be [0, id, method, arguments]")
    return number, method, arguments
