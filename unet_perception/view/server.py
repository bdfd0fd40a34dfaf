# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of the live page, on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from unet_perception.errors import ConfigError
from unet_perception.serving.exhaustion import tell_exhaustion_seldom
from unet_perception.view.access import Access
from unet_perception.view.exchange import Exchange
from unet_perception.view.gate import Gate, Patience
from unet_perception.view.guard import Guard
from unet_perception.view.interest import LINGER_S
from unet_perception.view.message import Encoded
from unet_perception.view.pairing import Pair
from unet_perception.view.routes import Routes
from unet_perception.view.state import Board

log = logging.getLogger(__name__)

BACKLOG = 128
KEEP_ALIVE_S = 15.0
LONGEST_LINE = 2048
"""Of a request's first line; a field, such as other programs' cookies, may have aiohttp's 8 KiB."""

STATE_PERIOD_S = 1.0
CLOSE_S = 2.0

QUIET = logging.getLogger(f"{__name__}.requests")
"""Takes what aiohttp has to say of requests; without those that are no HTTP, which are the sender's
fault and answered: else anybody who is not let in could fill the log, at 7 kB a request."""
QUIET.addFilter(lambda one: not (one.exc_info and isinstance(one.exc_info[1], HttpProcessingError)))


@dataclass(frozen=True)
class ServerOptions:
    """How the page is served.

    Attributes:
        port: Port; 0 takes any that is free.
        access: Address, and who may come in.
        most_viewers: Browsers that may look at one time.
        patience: What a connection may take.
        linger_s: How long something is subscribed to after the last one left.
    """

    port: int
    access: Access
    most_viewers: int = 16
    patience: Patience = field(default_factory=Patience)
    linger_s: float = LINGER_S


class Answers:
    """What answers requests, whatever brings their bytes: gate, guard and routes.

    Attributes:
        routes: The addresses.
    """

    def __init__(self, options: ServerOptions, exchange: Exchange, board: Board, port: int) -> None:
        """Prepare; arguments as for ``ViewServer``, and the port that is listened on."""
        self.routes = Routes(exchange, board, options.most_viewers)
        self._patience = options.patience
        self._guard = Guard(options.access, port, exchange.traffic)
        application = web.Application(middlewares=[self._guard.guarded])
        application.on_response_prepare.append(self._guard.dress)
        self.routes.add_to(application)
        self._runner = web.AppRunner(
            application,
            handle_signals=False,
            access_log=None,
            logger=QUIET,
            keepalive_timeout=KEEP_ALIVE_S,
            max_line_size=LONGEST_LINE,
            shutdown_timeout=CLOSE_S,
        )

    async def open(self) -> Gate:
        """Return what makes a protocol for each connection."""
        await self._runner.setup()
        assert self._runner.server is not None
        return Gate(self._runner.server, self._patience, self._guard.count)

    async def close(self) -> None:
        """Say goodbye to all who look, and answer no more."""
        await self.routes.say_goodbye()
        await self._runner.cleanup()


class ViewServer:
    """Serves a board and what is put in."""

    def __init__(self, options: ServerOptions, board: Board, changed: Callable[[], object]) -> None:
        """Listen; nothing is answered before ``run``.

        Args:
            options: How the page is served.
            board: The state that is shown.
            changed: Called, on the server's thread, when ``wanted`` has changed.

        Raises:
            ConfigError: The address cannot be had.
        """
        self._options = options
        self._board = board
        self._exchange = Exchange(changed, options.linger_s)
        self._socket = _listen(options.access.host, options.port)
        self.port = int(self._socket.getsockname()[1])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._started = threading.Event()
        self._close_early = False

    @property
    def wanted(self) -> frozenset[str]:
        """What is looked at: ``interest.STATUS`` and names of cameras. Any thread may ask."""
        return self._exchange.interest.wanted

    def is_hungry(self, camera: str) -> bool:
        """Return whether a picture of this camera could be sent at once. Any thread may ask."""
        return camera in self._exchange.hungry

    def put(self, pair: Pair, picture: Encoded) -> None:
        """Send a picture to all who look; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._exchange.deliver, pair, picture)

    def run(self) -> None:
        """Serve until ``close``; for a thread of its own."""
        asyncio.run(self._serve())

    def close(self) -> None:
        """End ``run`` soon, from any thread; it says goodbye to all who look."""
        self._close_early = True
        if self._started.is_set() and self._loop is not None and self._closing is not None:
            with suppress(RuntimeError):  # It may have ended by itself.
                self._loop.call_soon_threadsafe(self._closing.set)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        tell_exhaustion_seldom(self._loop, log)
        self._closing = asyncio.Event()
        answers = Answers(self._options, self._exchange, self._board, self.port)
        gate = await answers.open()
        server = await self._loop.create_server(gate, sock=self._socket, backlog=BACKLOG)
        news = asyncio.create_task(self._tell_news(answers.routes))
        self._started.set()
        try:
            if not self._close_early:
                await self._closing.wait()
        finally:
            server.close()
            news.cancel()
            await answers.close()

    async def _tell_news(self, routes: Routes) -> None:
        while True:
            await asyncio.sleep(STATE_PERIOD_S)
            routes.tell_state()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        result = socket.socket(family, kind)
    except OSError as error:
        raise ConfigError(f"parameter host is {host!r}, which is no address: {error}") from error
    try:
        result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        result.bind(address)
        result.listen(BACKLOG)
    except OSError as error:
        result.close()
        raise ConfigError(
            f"port {port} of {host} cannot be had: {error.strerror}; another port may be free, "
            "and 0 takes any"
        ) from error
    return result
