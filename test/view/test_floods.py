# SPDX-License-Identifier: Apache-2.0
"""More connections than anybody needs, and ones that hang: cut off, and others see on."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
from page_viewer import browser, until

from unet_perception.view.gate import Patience

FLOODED = {1008, 1006} if aiohttp.__version__.startswith("3.9.") else {1008}
"""How a flooded socket ends. aiohttp 3.9 closes behind its code without reading what is still on
its way, so a reset may overtake the code; later ones read until the other side says goodbye."""


def test_a_thousand_connections_that_say_nothing_keep_nobody_out(
    start: Callable[..., Any],
) -> None:
    site = start(patience=Patience(connections=32, request_s=60.0))
    site.tell()
    silent = [connect(site) for _ in range(500)]
    # And as many that begin a request and do not end it.
    for _ in range(500):
        silent.append(connect(site))
        silent[-1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-")

    async def look() -> None:
        async with browser(site, "camera") as viewer:
            for _ in range(5):
                pair = site.put()
                head, _, _ = await viewer.picture()
                assert head["number"] == pair.number
                await viewer.say(shown=["camera", head["number"]])
                await until(lambda: site.server.is_hungry("camera"))
                silent.extend(connect(site) for _ in range(40))

    asyncio.run(look())
    assert site.get("/healthz").status == 200
    site.wait_until(lambda: sum(map(is_closed, silent)) >= len(silent) - 32, "most are cut off")
    for connection in silent:
        connection.close()


def test_who_does_not_finish_a_request_is_cut_off(start: Callable[..., Any]) -> None:
    site = start(patience=Patience(request_s=0.3))
    with connect(site) as connection:
        begun = time.monotonic()
        for _ in range(100):
            try:
                connection.sendall(b"GET / HTTP/1.1\r\n"[:1])
            except OSError:
                break
            time.sleep(0.05)
        assert time.monotonic() - begun < 3.0


def test_who_looks_and_never_reads_is_cut_off_and_others_see(start: Callable[..., Any]) -> None:
    """Ten thousand pictures would not fit what lies between; a browser that says it saw them."""
    site = start(patience=Patience(write_s=0.5))
    site.tell()

    async def look() -> None:
        async with browser(site, "camera") as viewer:
            connection = await asyncio.to_thread(open_websocket, site)
            connection.sendall(text_frame(json.dumps({"look": ["camera"]})))
            await until(lambda: len(site.server._exchange.viewers) == 2)
            await until(lambda: all(v.cameras for v in site.server._exchange.viewers))
            large = site.pair(size=(600, 800))
            sent = 0
            while len(site.server._exchange.viewers) == 2:
                assert sent < 500
                pair = site.put(type(large)("camera", sent, large.picture, large.ids, sent))
                sent += 1
                with suppress(OSError):
                    connection.sendall(text_frame(json.dumps({"shown": ["camera", pair.number]})))
                head, _, _ = await viewer.picture()
                await viewer.say(shown=["camera", head["number"]])
                await until(lambda: site.server.is_hungry("camera"))
            connection.close()
            last = site.put()
            while (await viewer.picture())[0]["number"] != last.number:
                pass

    asyncio.run(look())


def test_a_websocket_that_says_too_much_is_closed(site: Any) -> None:
    async def look() -> None:
        async with browser(site) as long:
            await long.socket.send_str("a" * 10_000)
            assert await long.closing() == 1009
        async with browser(site) as many:
            # Closed before the last one is written.
            with suppress(ConnectionResetError):
                for _ in range(400):
                    await many.socket.send_str('{"shown": ["camera", 1]}')
            assert await many.closing() in FLOODED
        async with browser(site) as binary:
            await binary.socket.send_bytes(b"\x00")
            assert await binary.closing() == 1008

    asyncio.run(look())


def connect(site: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), 10.0)


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def open_websocket(site: Any) -> socket.socket:
    connection = socket.socket()
    # So that little fits in between.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    return connection


def text_frame(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 126
    return struct.pack("BB4s", 0x81, 0x80 | len(data), bytes(4)) + data
