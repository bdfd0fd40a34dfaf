# SPDX-License-Identifier: Apache-2.0
"""The playback server among faults, with CARLA's own client."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from limits import no_more_disk, no_more_handles

RECOVERY_S = 20.0

CLIENT = f"""
import os, sys
import carla
client = carla.Client("127.0.0.1", int(sys.argv[1]))
client.set_timeout({RECOVERY_S})
world = client.get_world()
frames = [world.wait_for_tick({RECOVERY_S}).frame for _ in range(5)]
print(frames == sorted(set(frames)), flush=True)
os._exit(0)  # Its threads may abort a Python that ends.
"""


@pytest.fixture
def server(start_carla_server: Callable[..., Any], numbered_pairs: Path) -> Any:
    return start_carla_server("--data", str(numbered_pairs))


def start_client(server: Any) -> subprocess.Popen[str]:
    """A client that takes five frames, by RPC and by stream."""
    command = [sys.executable, "-c", CLIENT, str(server.port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(client: subprocess.Popen[str]) -> str:
    return client.communicate(timeout=2 * RECOVERY_S)[0]


def test_out_of_file_handles_clients_wait_and_are_served_once_there_are_some(server: Any) -> None:
    with no_more_handles(server.popen.pid):
        # The ports of RPC and of streams accept for the system; the server cannot.
        waiting = [socket.create_connection(("127.0.0.1", server.port + n)) for n in (0, 1)]
        client = start_client(server)
        time.sleep(1.5)
        assert server.popen.poll() is None
        assert client.poll() is None
    assert finish(client).strip() == "True"
    for connection in waiting:
        connection.close()
    assert "cannot take a subscriber: Too many open files" in server.output
    assert 1 <= server.output.count("cannot take a connection: Too many open files") <= 5
    assert "Traceback" not in server.output
    assert server.stop() == 0


def test_a_full_disk_stops_its_log_and_nothing_else(server: Any) -> None:
    with no_more_disk(server.popen.pid):
        with socket.create_connection(("127.0.0.1", server.port)) as stranger:
            stranger.sendall(b"\xc1")  # It logs that it closes this connection.
            assert stranger.recv(1) == b""
        assert finish(start_client(server)).strip() == "True"
    assert server.stop() == 0
