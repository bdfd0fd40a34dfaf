# SPDX-License-Identifier: Apache-2.0
"""The way to a CARLA server, with a clear word when there is none."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

import carla

from unet_perception.carla.answers import translate, unanswered
from unet_perception.carla.clients import keep_client, retire_client, working_client
from unet_perception.errors import SimulatorError

Say = Callable[[str, str], None]
"""Takes a level, "info" or "warning", and one sentence."""

WORKER_THREADS = 8
"""Threads of the client that run camera callbacks: a few more than a usual rig has cameras."""

PAUSE = 0.2
FIRST_PATIENCE = 1.0

QUESTION = b"\x94\x00\x01\xa7version\x91\x91\xc2"
"""msgpack-rpc: ``[0, 1, "version", [[false]]]``."""

ANSWER = b"\x94\x01\x01"
"""How the answer begins: ``[1, 1, ...``. CARLA's client aborts the process over anything else."""

ANSWER_S = 0.3
"""A server that takes longer is left to the client, which has more patience."""


def quiet(level: str, text: str) -> None:
    """Say nothing."""


def never() -> bool:
    """Never stop."""
    return False


def connect(
    host: str,
    port: int,
    timeout: float,
    say: Say = quiet,
    should_stop: Callable[[], bool] = never,
) -> carla.Client:
    """Wait for a server and return a client that it has answered.

    A client that was made before its server is up never connects, so that each try makes a
    new one, and only once the port accepts. One that this process has, and that the server
    still answers, is used again.

    Args:
        host: Name or address of the server.
        port: Its RPC port.
        timeout: Longest wait, in seconds; also the time-out of the client's later calls.
        say: Told when server and client are of different versions.
        should_stop: Ends the wait early.

    Raises:
        SimulatorError: No server came in time, what is there is no CARLA server, or the wait
            was ended.
    """
    deadline = time.monotonic() + timeout
    patience = FIRST_PATIENCE
    why = "the wait was ended"
    while not should_stop():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        why = _refusal(host, port, min(left, 1.0))
        if why:
            time.sleep(min(PAUSE, left))
            continue
        server = server_name(host, port)
        known = working_client(server)
        client = known or _new_client(host, port)
        client.set_timeout(min(patience, max(left, 0.1)))
        try:
            version = client.get_server_version()
        except RuntimeError as error:
            if not unanswered(error):
                raise translate(error, f"{host}:{port}", "tell its version") from error
            why = "the port accepts connections but nothing answers as CARLA does"
            retire_client(server)
            if known is None:
                patience *= 2
            continue
        if known is None:
            keep_client(server, client)
        client.set_timeout(timeout)
        _compare(client.get_client_version(), version, say)
        return client
    raise SimulatorError(
        f"no CARLA server at {host}:{port} within {timeout:g} s ({why}): is it running, and are "
        "host and port right?"
    )


def server_name(host: str, port: int) -> str:
    """Return one name for a server, however its host is written."""
    with contextlib.suppress(OSError):
        host = socket.gethostbyname(host)
    return f"{host}:{port}"


def _refusal(host: str, port: int, timeout: float) -> str:
    """Return why there is no server yet; empty if one may be there."""
    try:
        with socket.create_connection((host, port), timeout) as connection:
            return _first_words(connection, f"{host}:{port}")
    except socket.gaierror as error:
        raise SimulatorError(
            f"no CARLA server at {host}:{port}: the host name is not known ({error.strerror})"
        ) from error
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _first_words(connection: socket.socket, address: str) -> str:
    connection.settimeout(ANSWER_S)
    connection.sendall(QUESTION)
    try:
        answer = connection.recv(len(ANSWER), socket.MSG_WAITALL)
    except TimeoutError:
        return ""
    if not answer:
        return "the port accepts connections and closes them"
    if answer != ANSWER:
        raise SimulatorError(f"what listens at {address} does not answer as CARLA does")
    return ""


def _new_client(host: str, port: int) -> carla.Client:
    try:
        return carla.Client(host, port, WORKER_THREADS)
    except RuntimeError as error:
        # No file handles or threads are left.
        raise SimulatorError(f"no client for CARLA at {host}:{port}: {error}") from error


def _compare(client: str, server: str, say: Say) -> None:
    if client != server:
        say(
            "warning",
            f"the CARLA server is version {server} and the client {client}: install "
            f"carla=={server} if something misbehaves",
        )
