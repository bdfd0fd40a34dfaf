# SPDX-License-Identifier: Apache-2.0
"""The answers: page, state, snapshots, metrics, and the WebSocket."""

from __future__ import annotations

import asyncio
import json
import time
from http import HTTPStatus

from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from unet_perception.errors import ConfigError, FrameError
from unet_perception.view.exchange import Exchange
from unet_perception.view.interest import STATUS
from unet_perception.view.metrics import CONTENT_TYPE, metrics_text
from unet_perception.view.pairing import Pair
from unet_perception.view.site import SiteFile, load_site
from unet_perception.view.snapshots import KINDS, Look, snapshot
from unet_perception.view.state import Board
from unet_perception.view.viewer import RequestError, Viewer

HEARTBEAT_S = 20.0
MOST_TEXT = 4096
MOST_WORDS_A_SECOND = 200
"""Bytes of a browser's message, and messages a second: each says which picture it has shown."""

FIRST_STATE_S = 2.5
FIRST_PAIR_S = 5.0
MOST_SNAPSHOTS = 2
LOOK_S = 0.05

HANDSHAKE = (
    *(hdrs.CONNECTION, hdrs.SEC_WEBSOCKET_KEY, hdrs.SEC_WEBSOCKET_VERSION),
    *(hdrs.SEC_WEBSOCKET_PROTOCOL, hdrs.SEC_WEBSOCKET_EXTENSIONS),
)
"""Headers of a request that asks for a WebSocket (RFC 6455, 4.1)."""


class Routes:
    """Answers requests from an exchange and a board."""

    def __init__(self, exchange: Exchange, board: Board, most_viewers: int) -> None:
        """Load the page.

        Args:
            exchange: Where pictures come from.
            board: The state.
            most_viewers: Browsers that may look at one time.
        """
        self._exchange, self._board, self._most_viewers = exchange, board, most_viewers
        self._site = load_site()
        self._sockets: set[web.WebSocketResponse] = set()
        self._leaving = False
        self._drawing = asyncio.Semaphore(MOST_SNAPSHOTS)

    def add_to(self, application: web.Application) -> None:
        """Register the addresses."""
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/page/{name}", self._file),
                web.get("/healthz", self._health),
                web.get("/api/state", self._state),
                web.get("/metrics", self._metrics),
                web.get("/snapshot/{camera}/{kind}.png", self._snapshot),
                web.get("/ws", self._watch, allow_head=False),
            ]
        )

    def tell_state(self) -> None:
        """Send the state to all who look."""
        if self._exchange.viewers:
            text = self._state_text()
            for viewer in self._exchange.viewers:
                viewer.tell(text)

    async def say_goodbye(self) -> None:
        """Close all WebSockets."""
        self._leaving = True
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._sockets)),
            return_exceptions=True,
        )

    def _state_text(self) -> str:
        return json.dumps(
            {
                **self._board.as_dict(),
                "viewers": len(self._exchange.viewers),
                "most_viewers": self._most_viewers,
            }
        )

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _sent(request, self._site["index.html"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        found = self._site.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return _sent(request, found)

    async def _health(self, request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(text="ok\n")

    async def _state(self, request: web.Request) -> web.StreamResponse:
        del request
        await self._know()
        return web.Response(text=self._state_text(), content_type="application/json")

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        del request
        await self._know()
        text = metrics_text(self._board.as_dict(), self._exchange.traffic)
        return web.Response(body=text.encode(), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})

    async def _know(self) -> None:
        """Have the state told, if it is not already; a node that is not there is not waited for."""
        with self._exchange.interest.held(STATUS):
            end = time.monotonic() + FIRST_STATE_S
            while not self._board.is_there and time.monotonic() < end:
                await asyncio.sleep(LOOK_S)

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        camera, kind = request.match_info["camera"], request.match_info["kind"]
        if kind not in KINDS:
            raise web.HTTPNotFound
        try:
            look = Look.from_query(request.query)
            number = int(request.query["number"]) if "number" in request.query else None
        except ConfigError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        except ValueError as error:
            raise web.HTTPBadRequest(text="number must be a whole number\n") from error
        await self._know()
        if camera not in self._board.camera_names():
            raise web.HTTPNotFound(text="there is no such camera\n")
        pair = await self._pair(camera, number)
        async with self._drawing:
            try:
                data = await asyncio.to_thread(snapshot, pair, kind, self._board.label_set, look)
            except FrameError as error:
                raise web.HTTPServiceUnavailable(text=f"{error}\n") from error
        if data is None:
            raise web.HTTPServiceUnavailable(text="there is no mask yet\n")
        return web.Response(
            body=data,
            content_type="image/png",
            headers={
                "X-Stamp": str(pair.stamp),
                "X-Number": str(pair.number),
                hdrs.CONTENT_DISPOSITION: f'inline; filename="{camera}-{pair.stamp}-{kind}.png"',
            },
        )

    async def _pair(self, camera: str, number: int | None) -> Pair:
        if number is not None:
            pair = self._exchange.find(camera, number)
            if pair is None:
                raise web.HTTPGone(text="this picture is not kept any more\n")
            return pair
        with self._exchange.interest.held(camera):
            try:
                return await asyncio.wait_for(self._exchange.newest(camera), FIRST_PAIR_S)
            except asyncio.TimeoutError as error:
                raise web.HTTPServiceUnavailable(text="no picture comes\n") from error

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise web.HTTPUpgradeRequired(text="this is a WebSocket\n")
        if not all(request.headers.get(name, "").isascii() for name in HANDSHAKE):
            # aiohttp would quote it, and fail at that.
            raise web.HTTPBadRequest(text="the WebSocket's headers must be ASCII\n")
        if len(self._exchange.viewers) >= self._most_viewers:
            self._exchange.traffic.refused += 1
            raise web.HTTPServiceUnavailable(text="there are too many viewers already\n")
        viewer = self._exchange.join()
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=MOST_TEXT, compress=False
        )
        self._sockets.add(socket)
        sending = None
        try:
            await socket.prepare(request)
            viewer.tell(self._state_text())
            sending = asyncio.create_task(self._send(socket, viewer))
            await self._listen(socket, viewer)
            if self._leaving:
                # With aiohttp 3.9 this task, which wakes up first, would say "normal end".
                await socket.close(code=WSCloseCode.GOING_AWAY)
        finally:
            if sending is not None:
                sending.cancel()
            self._sockets.discard(socket)
            self._exchange.leave(viewer)
        return socket

    async def _send(self, socket: web.WebSocketResponse, viewer: Viewer) -> None:
        traffic = self._exchange.traffic
        try:
            while True:
                what = await viewer.next()
                if isinstance(what, str):
                    await socket.send_str(what)
                    continue
                self._exchange.look()
                traffic.sent += 1
                traffic.sent_bytes += len(what)
                await socket.send_bytes(what)
        except ConnectionError:
            pass  # The other side has gone; ``_listen`` ends as well.

    async def _listen(self, socket: web.WebSocketResponse, viewer: Viewer) -> None:
        second, words = 0, 0
        async for message in socket:
            now = int(time.monotonic())
            second, words = (second, words + 1) if now == second else (now, 1)
            if message.type is not WSMsgType.TEXT or words > MOST_WORDS_A_SECOND:
                await self._end(socket, "too much, or not text")
                return
            try:
                self._exchange.take(viewer, message.data)
            except RequestError as error:
                await self._end(socket, str(error))
                return

    async def _end(self, socket: web.WebSocketResponse, why: str) -> None:
        self._exchange.traffic.refused += 1
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=why.encode())


def _sent(request: web.Request, found: SiteFile) -> web.StreamResponse:
    headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: f'"{found.tag}"'}
    if request.headers.get(hdrs.IF_NONE_MATCH) == headers[hdrs.ETAG]:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(
        body=found.body,
        headers={**headers, hdrs.CONTENT_TYPE: f"{found.media_type}; charset=utf-8"},
    )
