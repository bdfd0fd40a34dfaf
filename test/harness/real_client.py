# SPDX-License-Identifier: Apache-2.0
"""CARLA's client in a process of its own, since it may abort the one it lives in.

Seen with carla 0.9.16: "terminate called without an active exception" when a client is freed by
one of its own threads, and "close: Bad file descriptor" when one whose server is gone is freed
while it reconnects.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from carla_server import CarlaServer

from unet_perception.carla.config import SessionConfig

TIMEOUT_S = 120.0


def session_config(server: Any, **values: Any) -> SessionConfig:
    """A session at a test's server, which is given up sooner than by default."""
    return SessionConfig(**{"port": server.port, "timeout": 5.0, **values})


def in_child(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test in a fork of this process, which leaves without freeing anything."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _run_and_leave(test, args, kwargs)
        assert _wait(pid) == 0, "the test's own process failed; see its output"

    return run


def _run_and_leave(test: Callable[..., None], args: Any, kwargs: Any) -> None:
    code = 1
    try:
        test(*args, **kwargs)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        for server in CarlaServer.started:
            server.kill()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(pid: int) -> int:
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError(f"not done after {TIMEOUT_S:g} s")
