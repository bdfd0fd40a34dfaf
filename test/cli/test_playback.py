# SPDX-License-Identifier: Apache-2.0
"""``unet-perception playback`` as a user starts it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from unet_perception.cli.main import main


@pytest.fixture(autouse=True)
def leave_signals_alone() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "port is 70000; it must be 0 to 65535"),
        (["--carla-version", "main"], "'main' is no CARLA version"),
        (["--data", "absent"], "data is 'absent'; it must be an existing folder"),
        (["--fail", "nothing"], "fail is 'nothing'; it must be METHOD=TEXT"),
        (["--fail", "fly=no"], "fail names 'fly'; it must be one of"),
        (["--drop", "rgb=x"], "drop is 'rgb=x'; it must be CAMERA=N with a whole number"),
        (["--delay", "rgb=99"], "delay of rgb is 99"),
        (["--town", "Atlantis"], "town is 'Atlantis'; it must be one of Town01"),
        (["--rate", "0"], "rate is 0.0; it must be 1 to 1000"),
        (["--host", "no-host.invalid"], "cannot listen on no-host.invalid:0: "),
        (["--host", "203.0.113.7"], "cannot listen on 203.0.113.7:0: cannot assign"),
    ],
)
def test_wrong_options_end_in_one_line(
    arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["playback", "--port", "0", *arguments]) == 1
    error = capfd.readouterr().err
    assert words in error
    assert "unknown error" not in error
    assert error.count("\n") == 1


def test_a_folder_that_does_not_say_what_its_ids_mean_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["playback", "--port", "0", "--data", str(tmp_path)]) == 1
    assert "has no dataset.json to say what its ids mean" in capfd.readouterr().err


def test_it_serves_loopback_alone_until_it_is_told_to_stop(
    start_carla_server: Callable[..., Any],
) -> None:
    server = start_carla_server("--town", "Town02")
    assert f"listening on 127.0.0.1:{server.port} as CARLA 0.9.16" in server.output
    outside = _address_of_this_machine()
    if outside:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((outside, server.port), 5.0)
    assert server.stop() == 0
    assert "Traceback" not in server.output


def _address_of_this_machine() -> str:
    """An address other than loopback, if there is one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def test_told_to_stop_it_serves_those_who_say_goodbye(
    start_carla_server: Callable[..., Any],
) -> None:
    server = start_carla_server("--linger", "30")
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(msgpack.packb([0, 1, "version", [[False]]]))
        assert client.recv(1000)
        server.popen.send_signal(signal.SIGTERM)
        client.sendall(msgpack.packb([0, 2, "version", [[False]]]))
        assert client.recv(1000)
        assert server.popen.poll() is None
    assert server.popen.wait(10.0) == 0
