# SPDX-License-Identifier: Apache-2.0
"""Starting processes that work together, and leaving none behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from unet_perception.errors import UnetPerceptionError

STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


class ProcessDiedError(UnetPerceptionError):
    """A process ended on its own."""


class ProcessGroup:
    """Processes that live as long as the ``with`` block, each with a log file."""

    def __init__(
        self,
        log_folder: Path,
        environment: Mapping[str, str],
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """Create an empty group.

        Args:
            log_folder: Existing folder for ``NAME.log`` files.
            environment: Environment of every process.
            stop_seconds: How long a process that is told to end may take.
        """
        self._log_folder = log_folder
        self._environment = dict(environment)
        self._stop_seconds = stop_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._spare: set[str] = set()

    def __enter__(self) -> ProcessGroup:
        """Return the group."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop every process."""
        self.stop()

    def start(self, name: str, arguments: Sequence[str], needed: bool = True) -> int:
        """Start Python, its output going to ``NAME.log``.

        Args:
            name: What the process is called.
            arguments: Of Python.
            needed: The others make no sense without it.

        Returns:
            The process id.
        """
        if not needed:
            self._spare.add(name)
        with self.log_path(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                # Ctrl-C reaches the parent alone, which then stops its processes in order.
                start_new_session=True,
                # Parents start their processes before their first thread.
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )
        return self._running[name].pid

    def pid(self, name: str) -> int:
        """Return the process id of one that was started and not ended."""
        return self._running[name].pid

    def log_path(self, name: str) -> Path:
        """Return the log file of a process."""
        return self._log_folder / f"{name}.log"

    def last_words(self, name: str, lines: int) -> list[str]:
        """Return the last lines that a process wrote."""
        return self.log_path(name).read_text(errors="replace").strip().splitlines()[-lines:]

    def check(self) -> None:
        """Raise when a process has ended that the others need.

        Raises:
            ProcessDiedError: Names the process, its exit code and its last words.
        """
        for name, process in self._running.items():
            code = process.poll()
            if code is not None and name not in self._spare:
                last = (self.last_words(name, 1) or ["it said nothing"])[0]
                raise ProcessDiedError(f"{name} ended with exit code {code}: {last}")

    def wait(self, name: str) -> int:
        """Wait for a process that ends by itself, and return its exit code."""
        return self._running.pop(name).wait()

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """End one process, by force if it takes too long, and return its exit code."""
        process = self._running.pop(name)
        process.send_signal(number)
        return self._wait(process)

    def stop(self) -> dict[str, int]:
        """End every process, by force if it takes too long, and return their exit codes."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: self._wait(process) for name, process in self._running.items()}
        self._running.clear()
        return codes

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(self._stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def demo_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a demo that neither hears nor disturbs other ROS systems.

    What the user has set stays. The domain is this process's own, so that two demos on one
    machine do not mix their frames.
    """
    isolated = dict(environment)
    isolated.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    # The DDS port formula leaves domains 0 to 101 outside Linux's ephemeral ports.
    isolated.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    return isolated


def _die_with_parent() -> None:
    # Also after SIGKILL of the demo no process stays.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
