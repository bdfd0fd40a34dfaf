# SPDX-License-Identifier: Apache-2.0
"""What processes leave behind: others of their session, shared memory, temporary files."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from unet_perception.ros.transport.shared_memory import PORT, SHARED_MEMORY, mapped_by

NAME = re.compile(rf"(?<={SHARED_MEMORY}/)\S+$", re.MULTILINE)
"""In a process's map; a file that has been unlinked has more words after its name."""


class LeftBehind:
    """Looks at processes while they live, and at what is there of them afterwards.

    Attributes:
        environment: Gives the processes that are started with it folders of their own.
        shared: Names of the shared memory that they had; Fast DDS's ports are not counted,
            which are small, and which everybody who sends to them keeps alive.
    """

    def __init__(self, folder: Path) -> None:
        names = ("TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
        self._folders = [folder / name.lower() for name in names]
        for path in self._folders:
            path.mkdir()
        self.environment = dict(zip(names, map(str, self._folders), strict=True))
        self._before = set(os.listdir(SHARED_MEMORY))
        self._sessions: set[int] = set()
        self.shared: set[str] = set()

    def watch(self, pid: int) -> None:
        """Remember a process, the first of its session, and the shared memory that it has."""
        self._sessions.add(pid)
        names = mapped_by(pid, NAME) - self._before
        self.shared |= {name for name in names if not PORT.search(name)}

    def check(self) -> None:
        """Assert that nothing is left."""
        assert (self.processes, self.segments, self.files) == ([], [], [])

    @property
    def processes(self) -> list[str]:
        """Command lines of those of their sessions that still run."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):  # It ends just now.
                if self._is(int(folder.name)):
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
        return found

    @property
    def segments(self) -> list[Path]:
        """Shared memory, with the locks beside it, that is still there."""
        found = SHARED_MEMORY.iterdir()
        return [path for path in found if path.name.removesuffix("_el") in self.shared]

    @property
    def files(self) -> list[Path]:
        """Files that they wrote, but for their logs."""
        found = [path for folder in self._folders for path in folder.rglob("*")]
        return [path for path in found if path.is_file()]

    def _is(self, pid: int) -> bool:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return os.getsid(pid) in self._sessions and state != "Z"
