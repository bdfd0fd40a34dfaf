# SPDX-License-Identifier: Apache-2.0
"""Processes that want all of a processor, and others that have to share it with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

GREEDY = 6


@contextmanager
def starved(pids: Iterable[int]) -> Iterator[None]:
    """While the block runs, these processes share one core with ``GREEDY`` busy ones."""
    pids = list(pids)
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


def _bind(pids: list[int], cores: set[int]) -> None:
    for pid in pids:
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):
            os.sched_setaffinity(thread, cores)
