# SPDX-License-Identifier: Apache-2.0
"""Launch files run by ``launch`` itself, where it is installed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from harness.peer import wait_until

LAUNCH_FILES = Path(__file__).resolve().parents[3] / "launch"
END_S = 60.0


class Launched:
    """A launch file that runs in a process of its own."""

    def __init__(
        self, folder: Path, domain: int, file: str, *given: str, **environment: str
    ) -> None:
        self.log = folder / f"{file}.log"
        script = Path(__file__).with_name("run_launch.py")
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, str(script), str(LAUNCH_FILES / f"{file}.launch.py"), *given],
                env={
                    **os.environ,
                    "ROS_DOMAIN_ID": str(domain),
                    "ROS_HOME": str(folder),
                    "XDG_STATE_HOME": str(folder / "state"),
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the launch, or what it started, has written something."""

        def written() -> bool:
            assert text in self.output or self.popen.poll() is None, self.output
            return text in self.output

        wait_until(written, f"{text!r} in the output")

    def pids(self, name: str) -> list[int]:
        """Return the processes that a part has had, oldest first."""
        found = re.findall(rf"\[{name}-\d+\]: process started with pid \[(\d+)\]", self.output)
        return [int(pid) for pid in found]

    def wait(self) -> int:
        """Return the exit code, once the launch has ended and all that it started."""
        code = self.popen.wait(END_S)
        started = re.findall(r"process started with pid \[(\d+)\]", self.output)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), "their end")
        return code

    def interrupt(self) -> int:
        """End it as Ctrl-C does; return the exit code."""
        self.popen.send_signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """End whatever there still is."""
        for pid in (*map(int, re.findall(r"started with pid \[(\d+)\]", self.output)),):
            if Path(f"/proc/{pid}").exists():
                os.kill(pid, signal.SIGKILL)
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
