# SPDX-License-Identifier: Apache-2.0
"""Which process an actor belongs to, and whether that process still lives."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

_TAG = re.compile(r"unet_perception/(?P<host>[^/:]+):(?P<pid>\d+):(?P<start>\d+)/(?P<name>.+)")


@dataclass(frozen=True)
class Owner:
    """One process, told apart from a later one with the same number.

    Attributes:
        host: Name of its machine.
        pid: Its number there.
        start: When it started, in clock ticks since that machine did; 0 where unknown.
    """

    host: str
    pid: int
    start: int

    def tag(self, name: str) -> str:
        """Return the role name of an actor of this process."""
        return f"unet_perception/{self.host}:{self.pid}:{self.start}/{name}"

    def dead(self) -> bool:
        """Tell whether it ran on this machine and is gone; of other machines nothing is known."""
        if self.host != _host():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            pass  # Somebody has this number.
        state, start = _state(self.pid)
        return state == "Z" or (start != 0 and self.start not in (0, start))


def this_process() -> Owner:
    """Return the owner of what this process spawns."""
    return Owner(_host(), os.getpid(), _state(os.getpid())[1])


def owner_of(role_name: str) -> Owner | None:
    """Return whose tag a role name is, or None."""
    match = _TAG.fullmatch(role_name)
    if match is None:
        return None
    return Owner(match["host"], int(match["pid"]), int(match["start"]))


def _host() -> str:
    return re.sub(r"[/:\s]", "_", socket.gethostname()) or "unknown"


def _state(pid: int) -> tuple[str, int]:
    """Read a process's state and start time from Linux's /proc; "" and 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return "", 0
    values = text.rpartition(")")[2].split()
    return values[0], int(values[19])
