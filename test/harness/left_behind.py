# SPDX-License-Identifier: Apache-2.0
"""What processes leave behind: others of their session, shared memory, temporary files."""

from __future__ import annotations

import os
from pathlib import Path

from unet_perception.shared_memory import SEGMENT, SHARED_MEMORY, mapped_by


class LeftBehind:
    """Looks at processes while they live, and at what is there of them afterwards.

    Attributes:
        environment: Gives the processes that are started with it folders of their own.
    """

    def __init__(self, folder: Path) -> None:
        names = ("TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
        self._folders = [folder / name.lower() for name in names]
        for path in self._folders:
            path.mkdir()
        self.environment = dict(zip(names, map(str, self._folders), strict=True))
        self._before = set(os.listdir(SHARED_MEMORY))
        self._sessions: set[int] = set()
        self._segments: set[str] = set()

    def watch(self, pid: int) -> None:
        """Remember a process, the first of its session, and the segments that came with it."""
        self._sessions.add(pid)
        self._segments |= mapped_by(pid, SEGMENT) - self._before

    @property
    def processes(self) -> list[int]:
        """Those of their sessions that still run."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is(pid)]

    @property
    def segments(self) -> list[Path]:
        """Shared memory, with the locks beside it, that is still there."""
        assert self._segments, "they shared no memory"
        found = SHARED_MEMORY.iterdir()
        return [path for path in found if path.name.removesuffix("_el") in self._segments]

    @property
    def files(self) -> list[Path]:
        """Files that they wrote, but for their logs."""
        found = [path for folder in self._folders for path in folder.rglob("*")]
        return [path for path in found if path.is_file()]

    def _is(self, pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            return os.getsid(pid) in self._sessions and state != "Z"
        except (ProcessLookupError, FileNotFoundError):
            return False
