# SPDX-License-Identifier: Apache-2.0
"""Processes that are not given the processor: stopped in their tracks, or starved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

FROZEN_S = 10.0
GREEDY = 6


def freeze(pid: int) -> None:
    """Stop a process for ``FROZEN_S``."""
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_S)
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def starved(*pids: int) -> Iterator[None]:
    """While the block runs, these processes share one core with ``GREEDY`` busy ones."""
    allowed = os.sched_getaffinity(0)
    core = {max(allowed)}
    _bind(pids, core)
    greedy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(GREEDY)]
    _bind([process.pid for process in greedy], core)
    try:
        yield
    finally:
        for process in greedy:
            process.kill()
            process.wait()
        _bind(pids, allowed)


def _bind(pids: Iterable[int], cores: set[int]) -> None:
    for pid in pids:
        # The process, or one of its threads, may have ended meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            for thread in map(int, os.listdir(f"/proc/{pid}/task")):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, cores)
