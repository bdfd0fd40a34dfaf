# SPDX-License-Identifier: Apache-2.0
"""The bridge among faults: it says what is wrong, and CARLA's world is as before in the end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.peer import values, wait_until
from harness.topics import RGB
from harness.world import UNTOUCHED, world
from limits import no_more_handles
from sensor_msgs.msg import Image
from small_disk import remount

RECOVERY_S = 30.0


class Babbler:
    """A server that answers whatever it is asked with the same bytes."""

    def __init__(self, words: bytes) -> None:
        self._words = words
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            while connection.recv(1 << 16):
                connection.sendall(self._words)
        except OSError:
            pass


@pytest.fixture
def babbler() -> Iterator[Callable[[bytes], Babbler]]:
    started: list[Babbler] = []

    def start(words: bytes) -> Babbler:
        started.append(Babbler(words))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer as CARLA does"),
        (b"\xc1" * 64, "does not answer as CARLA does"),
        (b"\x94\x01\x01\xc0\xa7garbage", "refused to tell its version"),
        (b"", "nothing answers as CARLA does"),
    ],
    ids=["a web server", "no msgpack", "another answer", "silence"],
)
def test_a_server_that_talks_garbage(peer: Any, babbler: Any, words: bytes, told: str) -> None:
    port = babbler(words).port
    node = peer.start("carla_bridge", "--ros-args", "-p", f"port:={port}", "-p", "timeout:=2.0")
    assert node.wait() == 1, node.output
    (line,) = node.output.splitlines()
    assert line.startswith("carla_bridge: stopped: ")
    assert told in line


def test_a_state_folder_that_cannot_be_written_ends_it_before_anything_is_changed(
    bridge: Any, server: Any, small_disk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = small_disk("1m")
    remount(disk, "ro")
    monkeypatch.setenv("XDG_STATE_HOME", str(disk))
    node = bridge()
    assert node.wait() == 1
    assert world(server) == UNTOUCHED
    (line,) = node.output.splitlines()
    assert line.startswith(f"carla_bridge: stopped: cannot note in {disk}")
    assert "Read-only file system" in line


def test_a_disk_that_gets_full_ends_it_and_the_world_is_put_back(
    bridge: Any, server: Any, small_disk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One page: the settings are noted; the first actor finds no room for its note.
    disk = small_disk("4k")
    monkeypatch.setenv("XDG_STATE_HOME", str(disk))
    node = bridge()
    assert node.wait() == 1
    assert world(server) == UNTOUCHED
    (line,) = node.output.splitlines()
    assert line.startswith(f"carla_bridge: stopped: cannot note in {disk}")
    assert "No space left on device" in line


def test_out_of_file_handles_it_serves_on_and_connects_again_once_it_can(
    peer: Any, bridge: Any, server: Any
) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    node = bridge(timeout=2.0)
    images.wait()
    with no_more_handles(node.popen.pid):
        seen = len(images)
        wait_until(lambda: len(images) > seen + 20, "pictures as before")
        server.restart()
        states.wait(lambda m: "open files" in values(m)["last_error"].lower())
    seen = len(images)
    wait_until(lambda: len(images) > seen + 20, "pictures", RECOVERY_S)
    assert node.stop() == 0
    assert "Traceback" not in node.output
    assert world(server) == UNTOUCHED
