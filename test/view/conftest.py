# SPDX-License-Identifier: Apache-2.0
"""A real server of the page, with pictures from the test."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from unet_perception.imaging import Frame
from unet_perception.labels import load_label_set
from unet_perception.options.diagnostics import OK, Status
from unet_perception.view.message import encode
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import Picture
from unet_perception.view.state import Board

TIMEOUT_S = 20.0
SERVER_TESTS = ["test_server.py", "test_security.py", "test_snapshots.py"]

collect_ignore = [] if find_spec("aiohttp") else SERVER_TESTS


class Site:
    """A running server; the test is its cameras."""

    def __init__(self, token: str = "", **options: Any) -> None:
        from unet_perception.view.access import Access
        from unet_perception.view.server import ServerOptions, ViewServer

        self.token = token
        self.board = Board("/perception")
        self.changes = 0
        settings = {"port": 0, "access": Access("127.0.0.1", token), "linger_s": 0.5, **options}
        self.server = ViewServer(ServerOptions(**settings), self.board, self._changed)
        self.port = self.server.port
        self.host = f"127.0.0.1:{self.port}"
        self._number = 0
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()

    def _changed(self) -> None:
        self.changes += 1

    def close(self) -> None:
        self.server.close()
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def tell(self, *cameras: str, **values: str) -> None:
        """Have the node tell its state."""
        self.board.tell_label_set(load_label_set("carla-0.8"))
        status = Status(OK, "segmenting", {"input_topic": "/cam", "rate_hz": "20.0", **values})
        self.board.tell_cameras(dict.fromkeys(cameras or ("camera",), status))

    def pair(self, camera: str = "camera", size: tuple[int, int] = (60, 80)) -> Pair:
        """A new pair of random pixels."""
        self._number += 1
        rng = np.random.default_rng(self._number)
        rgb = rng.integers(0, 256, (*size, 3), np.uint8)
        ids = rng.integers(0, 13, size, np.uint8)
        frame = Frame(rgb, "rgb8")
        return Pair(camera, 1000 + self._number, Picture(frame), ids, self._number)

    def put(self, pair: Pair | None = None) -> Pair:
        """Send a pair to all who look."""
        pair = pair or self.pair()
        self.server.put(pair, encode(pair, 80))
        return pair

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Ask as a client does that knows no rules; ``_`` in a header's name is ``-``."""
        connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and return all that comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S) as connection:
            connection.sendall(data)
            told = b""
            try:
                while more := connection.recv(65536):
                    told += more
            except ConnectionResetError:
                pass
            return told

    def wait_until(self, condition: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.01)
        raise AssertionError(f"not within {TIMEOUT_S} s: {what}")


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


@pytest.fixture
def start() -> Iterator[Callable[..., Site]]:
    """Starts servers with the options given; they end with the test."""
    started: list[Site] = []

    def begin(**options: Any) -> Site:
        started.append(Site(**options))
        return started[-1]

    yield begin
    for site in started:
        site.close()


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """A server whose node is there."""
    result = start()
    result.tell()
    return result
