# SPDX-License-Identifier: Apache-2.0
"""The names under which Fast DDS shares memory, and who has which of them mapped."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")

SEGMENT = re.compile(r"\bfast(?:dds|rtps)_[0-9a-f]{16}\b")
"""A participant's segment in Fast DDS 3, or 2."""

PORT = re.compile(r"\bfast(?:dds|rtps)_port(\d+)\b")
"""Where a participant is sent to; small."""

LOCK_SUFFIX = "_el"
"""The file beside a port, or a segment, that its owner keeps locked."""


def mapped(names: re.Pattern[str]) -> set[str]:
    """Return the names, ``SEGMENT`` or ``PORT``, that processes have mapped."""
    return set().union(*mapped_by_each(names).values())


def mapped_by_each(names: re.Pattern[str]) -> dict[int, set[str]]:
    """Return the names, ``SEGMENT`` or ``PORT``, that each process has mapped."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # Another user's, or gone by now.
            pid = int(folder.name)
            found[pid] = mapped_by(pid, names)
    return found


def mapped_by(pid: int, names: re.Pattern[str]) -> set[str]:
    """Return the names, ``SEGMENT`` or ``PORT``, that a process has mapped.

    Raises:
        OSError: It is gone, or another user's.
    """
    maps = Path(f"/proc/{pid}/maps").read_text()
    # Megabytes, of all processes: the few lines are found ten times faster than the names in all.
    lines = (line for line in maps.splitlines() if "/fast" in line)
    return {match[0] for line in lines for match in names.finditer(line)}


def torn_ports() -> set[str]:
    """Return the ports that this process reads, and whose name stands for another file, or none.

    Whoever looks for the port from now on finds that other one: this process is deaf to them.
    """
    return {name for name, files in _read_ports().items() if _named(name) not in files}


def read_by(pid: int) -> set[str]:
    """Return the names of the ports that a process reads: it holds their locks.

    Raises:
        OSError: It is gone, or another user's.
    """
    read = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # Closed by now.
            name, lock, _ = handle.readlink().name.partition(LOCK_SUFFIX)
            if lock and PORT.fullmatch(name):
                read.add(name)
    return read


def _read_ports() -> dict[str, set[int]]:
    """Return this process's own ports with the inodes that it has mapped under their names."""
    read: dict[str, set[int]] = {name: set() for name in read_by(os.getpid())}
    for line in Path("/proc/self/maps").read_text().splitlines():
        if (port := PORT.search(line)) and port[0] in read:
            read[port[0]].add(int(line.split()[4]))
    return read


def _named(name: str) -> int | None:
    try:
        return (SHARED_MEMORY / name).stat().st_ino
    except FileNotFoundError:
        return None
