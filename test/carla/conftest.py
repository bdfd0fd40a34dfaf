# SPDX-License-Identifier: Apache-2.0
"""A folder for journals that is the test's own, and programs that use a session."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PREAMBLE = """
import ctypes, signal, sys, time
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with the test.
from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.config import SessionConfig
from unet_perception.carla.rig import Rig
from unet_perception.carla.session import Session
from unet_perception.carla.traffic import spawn_traffic

def say(level, text):
    print(f"{level}: {text}", flush=True)

PORT = int(sys.argv[1])
CAMERAS = (CameraSpec("rgb", "rgb", 96, 64), CameraSpec("ids", "semantic_segmentation", 96, 64))
"""


class Program:
    """Python code in a process of its own, with ``PREAMBLE`` before it."""

    def __init__(self, folder: Path, port: int, code: str) -> None:
        self._out = folder / f"program-{time.monotonic_ns()}.log"
        with self._out.open("wb") as out:
            self.popen = subprocess.Popen(
                [sys.executable, "-c", PREAMBLE + textwrap.dedent(code), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._out.read_text(errors="replace")

    def wait_for(self, text: str, timeout: float = 30.0) -> None:
        end = time.monotonic() + timeout
        while text not in self.output:
            assert self.popen.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.01)

    def wait(self, timeout: float = 30.0) -> int:
        return self.popen.wait(timeout)


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's sessions keep their journals."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "unet_perception"


@pytest.fixture
def program(tmp_path: Path) -> Callable[[int, str], Program]:
    """Starts programs."""
    return lambda port, code: Program(tmp_path, port, code)


@pytest.fixture
def world_state() -> Callable[[int], tuple[dict[str, Any], list[str]]]:
    """What anybody's client sees: all settings, and the actors as "type role"."""

    from world_state import look

    return look
