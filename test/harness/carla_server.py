# SPDX-License-Identifier: Apache-2.0
"""The playback server as a process of its own, to be frozen, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from unet_perception.demo.stack import free_port

START_S = 60.0


class CarlaServer:
    """``unet-perception playback``; ``stop`` it, or use it in a ``with`` block."""

    started: ClassVar[list[CarlaServer]] = []

    def __init__(self, folder: Path, *arguments: str, port: int = 0) -> None:
        self.started.append(self)
        self.port = port or free_port()
        self._folder = folder
        self._arguments = arguments
        self._starts = 0
        self.start()

    def __enter__(self) -> CarlaServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it (again) on the same port and wait until it listens."""
        self._starts += 1
        self.log = self._folder / f"playback-{self.port}-{self._starts}.log"
        arguments = ["--port", str(self.port), *self._arguments]
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "unet_perception.cli", "playback", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + START_S
        while not re.search(r"^listening on ", self.output, re.MULTILINE):
            assert self.popen.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.02)

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def freeze(self) -> None:
        """Stop it in its tracks; returns once it stands."""
        os.kill(self.popen.pid, signal.SIGSTOP)
        while self._state() != "T":
            time.sleep(0.001)

    def resume(self) -> None:
        os.kill(self.popen.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it without a chance to say goodbye; harmless when it has ended."""
        # Not popen.kill() and wait(): in a fork of this process, whose child the server is
        # not, they take it for ended.
        with suppress(ProcessLookupError):
            os.kill(self.popen.pid, signal.SIGKILL)
        while self._state() != "Z":
            time.sleep(0.01)
        self.popen.poll()

    def _state(self) -> str:
        """State of the process as ``ps`` shows it; Z once it has ended."""
        try:
            status = Path(f"/proc/{self.popen.pid}/stat").read_text()
        except OSError:
            return "Z"
        return status.rpartition(")")[2].split()[0]

    def stop(self) -> int:
        """End it in good order; return the exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(START_S)

    def restart(self) -> None:
        self.kill()
        self.start()
