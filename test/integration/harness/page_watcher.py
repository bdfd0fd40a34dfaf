# SPDX-License-Identifier: Apache-2.0
"""Somebody who looks at the live page all the time, as a browser does."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, WSMsgType

from unet_perception.view.message import decode
from unet_perception.view.state import ONLY_CAMERA

AGAIN_S = 0.2


class PageWatcher:
    """Connects, and connects again when the page is lost.

    Attributes:
        seen: Stamp in nanoseconds and mask of each picture, in their order; None without a mask.
        states: What the page tells of the node.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self.seen: list[tuple[int, Any]] = []
        self.states: list[dict[str, Any]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()))
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    async def _look(self) -> None:
        while not self._closing.is_set():
            try:
                async with (
                    ClientSession() as session,
                    session.ws_connect(f"{self._address}ws") as socket,
                ):
                    await socket.send_str(json.dumps({"look": [ONLY_CAMERA]}))
                    await self._read(socket)
            except ClientConnectionError:
                pass  # It is not there now.
            await asyncio.sleep(AGAIN_S)

    async def _read(self, socket: Any) -> None:
        while not self._closing.is_set():
            try:
                message = await socket.receive(AGAIN_S)
            except asyncio.TimeoutError:  # Python 3.10's is no TimeoutError.
                continue
            if message.type is WSMsgType.BINARY:
                head, _, ids = decode(message.data)
                self.seen.append((int(head["stamp"]), ids))
                await socket.send_str(json.dumps({"shown": [head["camera"], head["number"]]}))
            elif message.type is WSMsgType.TEXT:
                self.states.append(json.loads(message.data))
            else:
                return
