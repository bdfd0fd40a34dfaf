# SPDX-License-Identifier: Apache-2.0
"""Limits of a process that runs: no more file handles, no more memory, files that may not grow."""

from __future__ import annotations

import itertools
import os
import re
import resource
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

LOOKS = 50


@contextmanager
def limited(pid: int, what: int, value: int) -> Iterator[None]:
    """Lower a limit of another process while the block runs."""
    soft, hard = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (value, hard))
    try:
        yield
    finally:
        if Path(f"/proc/{pid}/stat").exists():
            resource.prlimit(pid, what, (soft, hard))


def no_more_handles(pid: int, leave: int = 0) -> AbstractContextManager[None]:
    """It keeps what is open, and can open so many files more."""
    # What is open for a moment, a file that is being written or a listing, is not kept.
    kept = set.intersection(*(_opened(pid) for _ in range(LOOKS)))
    lowest_free = next(number for number in itertools.count() if number not in kept)
    return limited(pid, resource.RLIMIT_NOFILE, lowest_free + leave)


def _opened(pid: int) -> set[int]:
    time.sleep(0.002)
    numbers = set(map(int, os.listdir(f"/proc/{pid}/fd")))
    # The listing itself, of this process, is gone by now.
    return {number for number in numbers if os.path.lexists(f"/proc/{pid}/fd/{number}")}


def no_more_memory(pid: int, spare: int = 0) -> AbstractContextManager[None]:
    """It keeps what it has, and gets so many bytes more."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmSize:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, status
    return limited(pid, resource.RLIMIT_AS, int(found[1]) * 1024 + spare)


def no_more_disk(pid: int) -> AbstractContextManager[None]:
    """No file of it may grow: each write fails, as on a disk that is full."""
    return limited(pid, resource.RLIMIT_FSIZE, 0)
