# SPDX-License-Identifier: Apache-2.0
"""Where there is no CARLA server, one sentence says so in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from carla_server import free_port
from real_client import in_child

from unet_perception.errors import SimulatorError

pytest.importorskip("carla")

from unet_perception.carla.connect import connect, server_name


@in_child
def test_no_server() -> None:
    port, start = free_port(), time.monotonic()
    with pytest.raises(
        SimulatorError, match=rf"no CARLA server at localhost:{port} within 0.5 s .*refused.*is it"
    ):
        connect("localhost", port, 0.5)
    assert time.monotonic() - start < 2.0


@in_child
def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(SimulatorError, match="nowhere.invalid:2000: the host name is not known"):
        connect("nowhere.invalid", 2000, 30.0)


@in_child
def test_a_port_of_something_else() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(SimulatorError, match="accepts connections but nothing answers"),
    ):
        connect("127.0.0.1", other.getsockname()[1], 1.5)


@in_child
def test_a_frozen_server(carla_server: Any) -> None:
    carla_server.freeze()
    with pytest.raises(SimulatorError, match="nothing answers"):
        connect("127.0.0.1", carla_server.port, 1.5)


@in_child
def test_a_server_that_comes_up_later(start_carla_server: Callable[..., Any]) -> None:
    port = free_port()
    later = threading.Timer(1.0, start_carla_server, kwargs={"port": port})
    later.start()
    client = connect("127.0.0.1", port, 30.0)
    assert client.get_server_version() == "0.9.16"
    later.join()


@in_child
def test_a_server_that_refuses_its_version(start_carla_server: Callable[..., Any]) -> None:
    server = start_carla_server("--fail", "version=not today")
    with pytest.raises(SimulatorError, match="refused to tell its version"):
        connect("127.0.0.1", server.port, 5.0)


@in_child
def test_the_wait_can_be_ended() -> None:
    with pytest.raises(SimulatorError, match="the wait was ended"):
        connect("localhost", free_port(), 30.0, should_stop=lambda: True)


def test_one_name_for_a_server() -> None:
    assert server_name("localhost", 2000) == server_name("127.0.0.1", 2000) == "127.0.0.1:2000"
    assert server_name("nowhere.invalid", 1) == "nowhere.invalid:1"
