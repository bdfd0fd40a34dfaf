# SPDX-License-Identifier: Apache-2.0
"""What a node's process needs before rclpy is imported: signals, transport, memory."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from unet_perception.ros.transport.profile import use_shipped_profile

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})

MEBIBYTE = 1 << 20
MALLOC_OPTIONS = {
    -3: 32 * MEBIBYTE,  # M_MMAP_THRESHOLD
    -1: 512 * MEBIBYTE,  # M_TRIM_THRESHOLD
    -2: 64 * MEBIBYTE,  # M_TOP_PAD
    -8: 1,  # M_ARENA_MAX
}
"""Parameters of ``mallopt(3)``. By default glibc maps and unmaps every frame-sized buffer,
and each message pays for the page faults: 4.2 ms instead of 1.4 ms."""


def prepare() -> None:
    """Set up the process; call it first, on the main thread, before any thread starts."""
    block_stop_signals()
    use_shipped_profile()
    tune_malloc()


def block_stop_signals() -> None:
    """Keep SIGINT and SIGTERM pending until ``wait_for_stop``, in every thread.

    So a signal that arrives during start-up, or a second one during shutdown, can neither
    kill the process nor raise in the middle of something.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def stop_is_pending() -> bool:
    """Return whether the process was asked to stop."""
    return bool(signal.sigpending() & STOP_SIGNALS)


def wait_for_stop() -> None:
    """Block until the process is asked to stop."""
    signal.sigwait(STOP_SIGNALS)


def ask_to_stop() -> None:
    """Wake ``wait_for_stop``, from any thread."""
    os.kill(os.getpid(), signal.SIGTERM)


def leave(code: int) -> NoReturn:
    """End the process at once, for those that have used CARLA's client.

    It has threads that nobody can join, and one that asks for the interpreter while that is torn
    down aborts the process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def tune_malloc() -> None:
    """Let glibc reuse frame-sized buffers; other C libraries have no such setting."""
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in MALLOC_OPTIONS.items():
            mallopt(option, value)
