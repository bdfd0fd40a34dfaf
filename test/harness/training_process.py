# SPDX-License-Identifier: Apache-2.0
"""``unet-perception train`` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from unet_perception.training.checkpoint import LAST

TIMEOUT_S = 120.0
SMALL = "--preset seed --batch-size 2 --height 16 --width 32 --n-filters 2 --precision fp32"


class TrainingProcess:
    """One run; it is killed at the end of its ``with`` block."""

    def __init__(
        self,
        data: Path,
        out: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            data: Folder of pairs.
            out: The model; the folder with its checkpoints lies beside it.
            arguments: After those of a small network.
            environment: Variables besides this process's.
        """
        self.folder = out.with_name(f"{out.name}.training")
        self.last = self.folder / LAST
        self._log = out.with_name(f"{out.name}-{time.monotonic_ns()}.log")
        command = [sys.executable, "-m", "unet_perception.cli", "train"]
        command += ["--data", f"{data},hold_out=0.2", "--out", str(out), *SMALL.split()]
        with self._log.open("wb") as log:
            self.popen = subprocess.Popen(
                [*command, "--set", "checkpoint_seconds=0", *arguments],
                env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> TrainingProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.popen.kill()
        self.popen.wait()

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for_checkpoint(self, newer_than: int = 0) -> None:
        """Wait until it has written one, later than a time in nanoseconds of its file."""
        end = time.monotonic() + TIMEOUT_S
        while not self.last.exists() or self.last.stat().st_mtime_ns <= newer_than:
            assert self.popen.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.005)

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        try:
            return self.popen.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not done after {TIMEOUT_S:g} s: {self.output}") from None

    @property
    def message(self) -> str:
        """The one line that it ended with."""
        found = [line for line in self.output.splitlines() if line.startswith("unet-perception")]
        (line,) = found
        return line
