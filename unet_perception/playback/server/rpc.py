# SPDX-License-Identifier: Apache-2.0
"""msgpack-rpc as rpclib 2.2 speaks it: requests ``[0, id, method, arguments]`` back to back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import msgpack

log = logging.getLogger(__name__)

MAX_MESSAGE = 64 << 20
"""Bytes; the largest real request carries an OpenDRIVE map of some megabytes."""

MAX_LIST = 1 << 14
"""Elements of a list or mapping, for which memory is taken as soon as its length is read."""

MAX_VALUES = 1 << 20
"""Values in a request, lists within lists included; each takes tens of bytes of memory."""

CHUNK = 1 << 16
REQUEST, RESPONSE = 0, 1

Answer = Callable[[str, list[Any], str], Awaitable[Any]]
"""Takes a method, its arguments and the server's address as this client sees it.

Returns the result; raises ``RpcError`` for an error on the level of the protocol.
"""


class RpcError(Exception):
    """A call that has no result; the client sees that the call failed, not the text."""


class Request(NamedTuple):
    """A call that a client makes."""

    number: int
    method: str
    arguments: list[Any]

    def reply(self, result: Any = None, error: str | None = None) -> bytes:
        """Return the bytes that answer it."""
        # Text goes back as it came, also what is no UTF-8.
        answer: bytes = msgpack.packb(
            [RESPONSE, self.number, error, result], unicode_errors="surrogateescape"
        )
        return answer


class Requests:
    """Makes requests of the bytes of one connection, however a network cuts them."""

    def __init__(self) -> None:
        """Begin without any."""
        self._unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=False,
            # Another text encoding than UTF-8 is no reason to lose a client.
            unicode_errors="surrogateescape",
            max_buffer_size=MAX_MESSAGE,
            max_array_len=MAX_LIST,
            max_map_len=MAX_LIST,
            list_hook=self._counted,
            object_hook=self._counted,
        )
        self._values = 0

    def feed(self, data: bytes) -> Iterator[Request]:
        """Take bytes, and yield the requests that are whole now.

        Raises:
            ValueError: They are no msgpack-rpc.
        """
        try:
            self._unpacker.feed(data)
            for message in self._unpacker:
                self._values = 0
                yield _request(message)
        except (msgpack.UnpackException, RecursionError, TypeError) as error:
            raise ValueError(str(error) or type(error).__name__) from error

    def _counted(self, values: Any) -> Any:
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise ValueError(f"a request has more than {MAX_VALUES} values")
        return values


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
        except ValueError as error:
            log.warning("%s: closed: no msgpack-rpc: %s", peer, error)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        requests = Requests()
        host = str(writer.get_extra_info("sockname")[0])
        while data := await reader.read(CHUNK):
            for request in requests.feed(data):
                writer.write(await self._reply(request, host))
            await writer.drain()

    async def _reply(self, request: Request, host: str) -> bytes:
        try:
            result = await self._answer(request.method, request.arguments, host)
        except RpcError as refusal:
            return request.reply(error=str(refusal))
        return request.reply(result)


def _request(message: Any) -> Request:
    if not isinstance(message, list) or len(message) != 4 or message[0] != REQUEST:
        raise ValueError("a request must be [0, id, method, arguments]")
    _, number, method, arguments = message
    if not (isinstance(number, int) and isinstance(method, str) and isinstance(arguments, list)):
        raise ValueError("a request must be [0, id, method, arguments]")
    return Request(number, method, arguments)
