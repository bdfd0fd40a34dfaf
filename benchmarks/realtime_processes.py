# SPDX-License-Identifier: Apache-2.0
"""Processes of one run: started, looked at, and all stopped, also when the run fails."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from realtime_records import RunFailedError

STOP_S = 15.0
LAST_LINES = 12
_PR_SET_PDEATHSIG = 1


class Processes:
    """Python processes that live as long as the ``with`` block, each with a log file."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Create an empty group.

        Args:
            folder: Existing folder for the log files.
            environment: Environment of every process.
        """
        self._folder = folder
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        """Return the group."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every process."""
        self.stop()

    def start(self, name: str, arguments: Sequence[str]) -> int:
        """Start Python with arguments; return the process id."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the benchmark alone, which then stops them in order.
                start_new_session=True,
                # The benchmark has no threads.
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )
        return self._running[name].pid

    def check(self) -> None:
        """Raise when a process has ended.

        Raises:
            RunFailedError: Names the process, its exit code and its last words.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                raise RunFailedError(f"{name} ended with {process.returncode}\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the last lines of every log."""
        words = []
        for name in self._running:
            lines = self._log(name).read_text(errors="replace").strip().splitlines()
            words += [f"{name}: {line}" for line in lines[-LAST_LINES:]]
        return "\n".join(words)

    def stop(self) -> None:
        """End every process, by force after ``STOP_S``, and tell of those that left badly."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for name, process in self._running.items():
            try:
                code = process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if code != 0:
                print(f"{name} left with exit code {code}", file=sys.stderr)
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


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


def _die_with_parent() -> None:
    # Also after SIGKILL of the benchmark no process stays.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
