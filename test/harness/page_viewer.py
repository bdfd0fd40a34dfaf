# SPDX-License-Identifier: Apache-2.0
"""A viewer of the live page without a browser."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from unet_perception.view.message import decode

TIMEOUT_S = 10.0


class Browser:
    """A viewer's end of the connection."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def picture(self) -> tuple[dict[str, Any], bytes, np.ndarray | None]:
        """The next picture; states are passed over."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            message = await self.socket.receive(TIMEOUT_S)
            if message.type is WSMsgType.BINARY:
                return decode(message.data)
            assert message.type is WSMsgType.TEXT, message
        raise AssertionError(f"no picture within {TIMEOUT_S} s")

    async def state(self) -> dict[str, Any]:
        while True:
            message = await self.socket.receive(TIMEOUT_S)
            if message.type is WSMsgType.TEXT:
                return json.loads(message.data)
            assert message.type is WSMsgType.BINARY, message

    async def closing(self) -> int | None:
        """The code with which the server closes."""
        while True:
            message = await self.socket.receive(TIMEOUT_S)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return self.socket.close_code


@asynccontextmanager
async def browser(site: Any, *cameras: str) -> AsyncIterator[Browser]:
    async with ClientSession() as session, session.ws_connect(f"http://{site.host}/ws") as socket:
        result = Browser(socket)
        if cameras:
            viewers = site.server._exchange.viewers
            looking = sum(bool(viewer.cameras) for viewer in viewers)
            await result.say(look=list(cameras))
            await until(lambda: sum(bool(viewer.cameras) for viewer in viewers) > looking)
        yield result


async def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
