# SPDX-License-Identifier: Apache-2.0
"""Faults that happen to a running process, and what it must not leave behind."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FREEZE_S = 10.0
HOG = "import os; os.sched_setaffinity(0, {int(os.environ['ON'])})\nwhile True: pass"
HOGS = 2
LOOKS = 50


def freeze(*pids: int) -> None:
    """Stop processes in their tracks for ``FREEZE_S``, all at a time."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(FREEZE_S)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def take_file_handles(pid: int, leave: int = 0) -> tuple[int, int]:
    """Let a process open so few files, beyond those that it has; return the limit before."""
    # What is open for a moment, a file that is being written or a listing, is not held.
    looks = [_opened(pid) for _ in range(LOOKS)]
    free = next(number for number in itertools.count() if not all(number in seen for seen in looks))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    return resource.prlimit(pid, resource.RLIMIT_NOFILE, (free + leave, before[1]))


def _opened(pid: int) -> set[int]:
    time.sleep(0.002)
    numbers = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    return {number for number in numbers if os.path.lexists(f"/proc/{pid}/fd/{number}")}


@contextmanager
def starved(pid: int) -> Iterator[None]:
    """Leave a process one per cent of one core or so while the block runs."""
    core = min(os.sched_getaffinity(0))
    before = os.sched_getaffinity(pid)
    hogs = [
        subprocess.Popen([sys.executable, "-c", HOG], env={**os.environ, "ON": str(core)})
        for _ in range(HOGS)
    ]
    try:
        for thread in threads_of(pid):
            # One may have ended meanwhile.
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, {core})
                os.setpriority(os.PRIO_PROCESS, thread, 19)
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        for thread in threads_of(pid):
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, before)


def threads_of(pid: int) -> list[int]:
    """Return the ids of a process's threads; none once it has ended."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except FileNotFoundError:
        return []


def shared_memory_of(pid: int) -> set[Path]:
    """Return the shared-memory segments that a process has open now."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[-1] for line in lines if "/dev/shm/" in line}
    return {Path(path) for path in paths if not path.endswith(" (deleted)")}


def check_nothing_left(session: int, temporary: Path, shared: set[Path]) -> None:
    """Assert that a process has left no child, no temporary file and no shared memory.

    Args:
        session: Its id; it was started with a session of its own.
        temporary: Its ``TMPDIR``.
        shared: What ``shared_memory_of`` gave while it ran.
    """
    assert _members(session) == []
    # Folders that are empty are PyTorch's, for what it might compile.
    assert [path for path in temporary.rglob("*") if not path.is_dir()] == []
    assert [path for path in shared if path.exists()] == []


def _members(session: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(own) == session and state != "Z":
                found.append((folder / "cmdline").read_text())
    return found
