# SPDX-License-Identifier: Apache-2.0
"""Processes of one run: started, looked at, and all stopped, also when the run fails."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from realtime_records import RunFailedError

from unet_perception.demo.processes import ProcessDiedError, ProcessGroup

LAST_LINES = 12


class Processes(ProcessGroup):
    """The demo's, with more words when something goes wrong."""

    def check(self) -> None:
        """Raise when a process has ended.

        Raises:
            RunFailedError: Names the process, its exit code and everybody's last words.
        """
        try:
            super().check()
        except ProcessDiedError as error:
            raise RunFailedError(f"{error}\n{self.all_last_words()}") from error

    def all_last_words(self) -> str:
        """Return the last lines of every log."""
        return "\n".join(
            f"{name}: {line}"
            for name in self._running
            for line in self.last_words(name, LAST_LINES)
        )

    def stop(self) -> dict[str, int]:
        """End every process, and tell of those that left badly."""
        codes = super().stop()
        for name, code in codes.items():
            if code != 0:
                print(f"{name} left with exit code {code}", file=sys.stderr)
        return codes


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process in MiB.

    Attributes:
        own: What it allocated.
        files: Libraries and other files.
        shared: Shared segments: the middleware's, which fill up to their fixed size.
    """

    own: float
    files: float
    shared: float

    @property
    def total(self) -> float:
        """Everything, as ``ps`` shows it."""
        return self.own + self.files + self.shared


def memory(pid: int) -> Memory:
    """Return what a process holds now."""
    sizes = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.startswith("Rss"):
            sizes[key] = int(value.split()[0]) / 1024
    return Memory(sizes["RssAnon"], sizes["RssFile"], sizes["RssShmem"])


def cpu_ms(pid: int) -> float:
    """Return the CPU milliseconds that a process has used, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")
