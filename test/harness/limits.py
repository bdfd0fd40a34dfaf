# SPDX-License-Identifier: Apache-2.0
"""Limits of a process that runs: no more file handles, no more memory, files that may not grow."""

from __future__ import annotations

import itertools
import os
import re
import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


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


def no_more_handles(pid: int) -> AbstractContextManager[None]:
    """It keeps what is open, and can open nothing else."""
    opened = set(map(int, os.listdir(f"/proc/{pid}/fd")))
    lowest_free = next(number for number in itertools.count() if number not in opened)
    return limited(pid, resource.RLIMIT_NOFILE, lowest_free)


def no_more_memory(pid: int, spare: int = 0) -> AbstractContextManager[None]:
    """It keeps what it has, and gets so many bytes more."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmSize:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, status
    return limited(pid, resource.RLIMIT_AS, int(found[1]) * 1024 + spare)


def no_more_disk(pid: int) -> AbstractContextManager[None]:
    """No file of it may grow: each write fails, as on a disk that is full."""
    return limited(pid, resource.RLIMIT_FSIZE, 0)
