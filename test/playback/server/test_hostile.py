# SPDX-License-Identifier: Apache-2.0
"""Whatever a client sends or fails to read, the others are served."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unet_perception.errors import ConfigError, SimulatorError
from unet_perception.playback.server.calls import METHODS
from unet_perception.playback.server.faults import Faults
from unet_perception.playback.server.server import PlaybackServer, ServerOptions
from unet_perception.playback.stage import FolderStage

WAIT_S = 20.0


class Raw:
    """A client that can say anything."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._unpacker = msgpack.Unpacker(raw=False)
        self._number = 0

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def call(self, method: Any, *arguments: Any, wait: bool = True) -> Any:
        """Return error and result of a call."""
        self._number += 1
        self.send(msgpack.packb([0, self._number, method, [[not wait], *arguments]]))
        while True:
            for reply in self._unpacker:
                kind, number, error, result = reply
                assert (kind, number) == (1, self._number)
                return error, result
            data = self.socket.recv(1 << 16)
            assert data, "the server closed the connection"
            self._unpacker.feed(data)

    def is_closed(self) -> bool:
        """Wait for the server to close; what it still says is read."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


@pytest.fixture(scope="module")
def server(numbered_pairs: Path) -> Iterator[PlaybackServer]:
    stage = FolderStage(numbered_pairs, "auto", None)
    with PlaybackServer(ServerOptions(port=0, rate=100.0), stage) as running:
        yield running


def still_serves(server: PlaybackServer) -> bool:
    with Raw(server.port) as client:
        return bool(client.call("version") == (None, [[1, "0.9.16"]]))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xc1",
        msgpack.packb({"version": 1}),
        msgpack.packb([0, 1, "version"]),
        msgpack.packb([2, "version", []]),
        msgpack.packb([0, "one", "version", []]),
        msgpack.packb([0, 1, "version", {}]),
        b"\x91" * 100_000,
    ],
)
def test_bytes_that_are_no_request_end_that_connection_alone(
    server: PlaybackServer, data: bytes
) -> None:
    with Raw(server.port) as client:
        client.send(data)
        assert client.is_closed()
    assert still_serves(server)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes(server: PlaybackServer, data: bytes) -> None:
    with Raw(server.port) as client:
        client.send(data)
    assert still_serves(server)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=20,
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(method=st.sampled_from(sorted(METHODS)), arguments=st.lists(values, max_size=5))
def test_any_arguments_are_answered(
    server: PlaybackServer, method: str, arguments: list[Any]
) -> None:
    with Raw(server.port) as client:
        error, _result = client.call(method, *arguments)
        assert error is None or isinstance(error, str)
        # A setting that stops the world would be a client's right, but not this test's wish.
        client.call("set_episode_settings", [False, False, [False], *([True, 0.01, 10, 0.0])])
        before = client.call("tick_cue")[1][0][1]
        end = time.monotonic() + WAIT_S
        while client.call("tick_cue")[1][0][1] <= before:
            assert time.monotonic() < end, "no more frames"
            time.sleep(0.005)


def test_an_unknown_method_is_told_from_a_known_one(server: PlaybackServer) -> None:
    with Raw(server.port) as client:
        error, _ = client.call("fly", 1)
        assert "no function 'fly'" in error
        assert client.call("fly", 1, wait=False) == (None, [[False]])
        error, _ = client.call("destroy_actor")
        assert error
        assert client.call("destroy_actor", 4711) == (None, [[1, False]])


def test_a_torn_connection_is_forgotten(server: PlaybackServer) -> None:
    whole = msgpack.packb([0, 1, "get_actor_definitions", [[False]]])
    for cut in range(1, len(whole), 5):
        with Raw(server.port) as client:
            client.send(whole[:cut])
    for stream in (b"", b"\x01", struct.pack("<I", 99)):
        with Raw(server._streams.port) as subscriber:
            subscriber.send(stream)
    assert still_serves(server)


def test_a_stream_that_nobody_knows_stays_open_and_silent(server: PlaybackServer) -> None:
    with Raw(server._streams.port) as subscriber:
        subscriber.send(struct.pack("<I", 99))
        subscriber.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            subscriber.socket.recv(1)


def test_a_reader_that_reads_nothing_slows_nobody_in_a_free_running_world(
    server: PlaybackServer,
) -> None:
    with Raw(server._streams.port) as slow, Raw(server.port) as client:
        slow.send(struct.pack("<I", server.world.stream_id))
        first = client.call("tick_cue")[1][0][1]
        end = time.monotonic() + WAIT_S
        # Far more than its queue and the socket's buffers can hold is dropped on the way.
        while client.call("tick_cue")[1][0][1] < first + 100:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_busy_port_is_named(server: PlaybackServer, numbered_pairs: Path) -> None:
    stage = FolderStage(numbered_pairs, "auto", None)
    with (
        pytest.raises(
            SimulatorError, match=rf"cannot listen on 127\.0\.0\.1:{server.port}: .*in use"
        ),
        PlaybackServer(ServerOptions(port=server.port), stage),
    ):
        pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ServerOptions(port=-1), "port is -1"),
        (lambda: ServerOptions(rate=0.0), "rate is 0"),
        (lambda: ServerOptions(town="Atlantis"), "town is 'Atlantis'; it must be one of Town01"),
        (lambda: ServerOptions(faults=Faults(errors={"fly": "no"})), "fail names 'fly'"),
        (lambda: Faults(drop={"rgb": 0}), "drop of rgb is 0"),
        (lambda: Faults(delay={"rgb": -1.0}), "delay of rgb is -1"),
        (lambda: Faults(delay={"lidar": 1.0}), "delay names 'lidar'; it must be rgb or semantic"),
    ],
)
def test_options_that_cannot_work_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make()
