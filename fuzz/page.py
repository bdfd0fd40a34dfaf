# SPDX-License-Identifier: Apache-2.0
"""What browsers, and those who pretend to be one, send to the live page."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

import numpy as np

from fuzz.target import Target
from unet_perception.errors import ConfigError
from unet_perception.imaging import Frame
from unet_perception.labels import LabelSet, load_label_set, read_label_set
from unet_perception.options.diagnostics import OK, Status
from unet_perception.view.access import Access
from unet_perception.view.exchange import Exchange
from unet_perception.view.gate import Gate
from unet_perception.view.message import encode
from unet_perception.view.metrics import Traffic, metrics_text
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import Picture
from unet_perception.view.server import Answers, ServerOptions
from unet_perception.view.snapshots import Look
from unet_perception.view.state import Board
from unet_perception.view.viewer import RequestError, Viewer

TOKEN = "-".join(("no", "secret", "at", "all"))
TURNS = 12
"""Of the event loop, in which a request that waits for nothing is answered."""

_LOCAL = Access("127.0.0.1")
_GUARDED = Access("0.0.0.0", TOKEN, ("robot",))
_GET = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
_UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
_LOOK = b"\x81\x94\0\0\0\0" + b'{"look": ["camera"]}'


class _Line(asyncio.Transport):
    """A connection whose other side is this process."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.told = bytearray()
        self.protocol: Any = None
        self._closing = False

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        self.told += data

    def writelines(self, list_of_data: Any) -> None:
        self.told += b"".join(list_of_data)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


class _Page:
    """The page's server without a port, whose node and camera are there."""

    def __init__(self, access: Access) -> None:
        self.failures: list[dict[str, Any]] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _, context: self.failures.append(context))
        board = Board("/perception", clock=lambda: 0.0)
        status = Status(OK, "segmenting", {"input_topic": "/cam", "rate_hz": "20.0"})
        board.tell_cameras({"camera": status})
        board.tell_label_set(load_label_set("carla-0.8"))
        exchange = Exchange(lambda: None, linger_s=0.0)
        self._answers = Answers(ServerOptions(0, access), exchange, board, 2)
        self._gate: Gate = self.loop.run_until_complete(self._answers.open())
        rgb = np.zeros((6, 8, 3), np.uint8)
        pair = Pair("camera", 1, Picture(Frame(rgb, "rgb8")), np.zeros((6, 8), np.uint8), 1)
        exchange.deliver(pair, encode(pair, 80))

    def take(self, data: bytes) -> bytes:
        """Return what a client is answered."""
        self.failures.clear()
        line = _Line()
        self.loop.run_until_complete(self._talk(line, data))
        assert not self.failures, self.failures
        return bytes(line.told)

    async def _talk(self, line: _Line, data: bytes) -> None:
        before = asyncio.all_tasks()
        line.protocol = self._gate()
        line.protocol.connection_made(line)
        line.protocol.data_received(data)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        line.protocol.connection_lost(None)
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@cache
def _page(guarded: bool) -> _Page:
    return _Page(_GUARDED if guarded else _LOCAL)


def _http(data: bytes) -> None:
    for guarded in (False, True):
        told = _page(guarded).take(data)
        assert b"HTTP/1.1 5" not in told.replace(b"HTTP/1.1 503", b""), told


def _http_seeds() -> list[bytes]:
    paths = (
        *(b"/", b"/page/main.js", b"/healthz", b"/api/state", b"/metrics"),
        b"/snapshot/camera/overlay.png?number=1&opacity=0.5&classes=1,7",
        b"/snapshot/camera/mask.png?number=1&token=" + TOKEN.encode(),
    )
    headers = (
        *(b"Origin: http://127.0.0.1\r\n", b"Authorization: Bearer %s\r\n" % TOKEN.encode()),
        b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
        b'Cookie: unet_perception_2=%s; a=b\r\nIf-None-Match: "x"\r\n' % _GUARDED.cookie.encode(),
    )
    return [
        *(_GET % (path, b"") for path in paths),
        *(_GET % (b"/api/state", header) for header in headers),
        _GET % (b"/ws", _UPGRADE),
        _GET % (b"/ws", _UPGRADE) + _LOOK,
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n",
    ]


def _said(data: bytes) -> None:
    Viewer().take(data.decode("utf-8", "surrogateescape"))


def _said_seeds() -> list[bytes]:
    return [b'{"look": ["camera", "left"], "pause": false}', b'{"shown": ["camera", 12]}']


def _headers(data: bytes) -> None:
    fields = data.decode("utf-8", "surrogateescape").split("\0")
    host, origin, authorization, cookie, site = (*fields, *[""] * 5)[:5]
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": site}
    headers["Authorization"] = authorization
    for access in (_LOCAL, _GUARDED):
        access.knows_host(host)
        access.is_own_page(headers)
        access.admits_headers(headers)
        access.admits_cookie(cookie)


def _headers_seeds() -> list[bytes]:
    return [
        b"127.0.0.1:8080\0http://127.0.0.1:8080\0Bearer x\0abc\0same-origin",
        b"[::1]:80\0https://[::1]:80\0Bearer \0\0cross-site",
        b"localhost\0null\0\0\0none",
    ]


def _look(data: bytes) -> None:
    opacity, _, classes = data.decode("utf-8", "replace").partition("&")
    Look.from_query({"opacity": opacity, "classes": classes})


def _labels(data: bytes) -> None:
    label_set: LabelSet = read_label_set(data.decode("utf-8", "replace"), "labels")
    assert label_set.palette.shape == (256, 3)


def _labels_seeds() -> list[bytes]:
    return [json.dumps(load_label_set("carla-0.8").as_dict()).encode()]


def _status(data: bytes) -> None:
    """Show what another node says of itself in /diagnostics."""
    words = data.decode("utf-8", "replace").split("\0")
    values = dict(zip(words[1::2], words[2::2], strict=False))
    board = Board("/perception", clock=lambda: 0.0)
    status = Status(OK, words[0], values)
    board.tell_cameras({words[0]: status})
    board.tell_recorder(status)
    metrics_text(board.as_dict(), Traffic()).encode()


def _status_seeds() -> list[bytes]:
    pairs = ["rate_hz", "20.5", "latency_p50_ms", "3", "model", "/a/b", "dropped", "1", "set", "x"]
    return ["\0".join(["camera", *pairs]).encode()]


TARGETS = (
    Target("page.http", _http, _http_seeds, inputs=20_000, max_bytes=512),
    Target(
        "page.websocket_text",
        _said,
        _said_seeds,
        (RequestError,),
        form="json",
        inputs=200_000,
        max_bytes=512,
    ),
    Target("page.headers", _headers, _headers_seeds, inputs=700_000, max_bytes=256),
    Target(
        *("page.snapshot_query", _look, lambda: [b"0.5&1,7,255"], (ConfigError,)),
        inputs=2_000_000,
        max_bytes=128,
    ),
    Target(
        "page.labels_topic", _labels, _labels_seeds, form="json", inputs=100_000, max_bytes=2_048
    ),
    Target("page.status_topic", _status, _status_seeds, inputs=200_000, max_bytes=512),
)
