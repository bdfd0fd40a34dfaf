# SPDX-License-Identifier: Apache-2.0
"""``unet-perception record`` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

TIMEOUT_S = 120.0
SMALL = """cameras:
  rgb_front: {type: rgb, width: 80, height: 60}
  ids_front: {type: semantic_segmentation, width: 80, height: 60}
"""


class RecordingProcess:
    """One run of the recorder; ``kill`` it, or wait for its end."""

    def __init__(self, out: Path, port: int, *arguments: str) -> None:
        cameras = out.with_name("cameras.yaml")
        if not cameras.exists():
            cameras.write_text(SMALL)
        self.log = out.with_name(f"{out.name}-{time.monotonic_ns()}.log")
        options = ["--port", str(port), "--vehicles", "0", "--walkers", "0", *arguments]
        if "--cameras" not in arguments:
            options += ["--cameras", str(cameras)]
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "unet_perception.cli", "record", str(out), *options],
                env={**os.environ, "XDG_STATE_HOME": str(out.with_name("state"))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        try:
            return self.popen.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not done after {TIMEOUT_S:g} s: {self.output}") from None

    def kill(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()


def wait_for_lines(out: Path, count: int, running: RecordingProcess) -> None:
    """Wait until so many pairs are committed."""
    end = time.monotonic() + TIMEOUT_S
    manifest = out / "manifest.jsonl"
    while not manifest.exists() or manifest.read_bytes().count(b"\n") < count:
        assert running.popen.poll() is None, running.output
        assert time.monotonic() < end, running.output
        time.sleep(0.01)
