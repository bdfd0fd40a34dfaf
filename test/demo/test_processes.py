# SPDX-License-Identifier: Apache-2.0
"""The demo's processes end with it, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unet_perception.demo.processes import ProcessDiedError, ProcessGroup, demo_environment

TIMEOUT = 20.0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "sleeper.py").write_text(
        "import os, sys, time\n"
        "print('pid', os.getpid(), flush=True)\n"
        "if sys.argv[1:]: sys.exit('could not: ' + sys.argv[1])\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "sleeper"


def pid_of(group: ProcessGroup, name: str) -> int:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        words = group.log_path(name).read_text().split()
        if len(words) >= 2:
            return int(words[1])
        time.sleep(0.05)
    raise AssertionError("the process said nothing")


def test_leaving_the_block_ends_the_processes(module: str, tmp_path: Path) -> None:
    pids = []

    def run_and_fail() -> None:
        with ProcessGroup(tmp_path, os.environ) as group:
            group.start("one", ["-m", module])
            pids.append(pid_of(group, "one"))
            group.check()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_and_fail()
    wait_until_gone(pids[0])


def test_a_process_that_dies_is_named_with_its_last_words(module: str, tmp_path: Path) -> None:
    with ProcessGroup(tmp_path, os.environ) as group:
        group.start("camera", ["-m", module, "no street"])
        pid = pid_of(group, "camera")
        wait_until_gone(pid)
        with pytest.raises(ProcessDiedError, match=r"camera .* code 1: could not: no street"):
            group.check()


def test_a_killed_parent_takes_its_processes_along(module: str, tmp_path: Path) -> None:
    code = (
        "import os, time; from pathlib import Path\n"
        "from unet_perception.demo.processes import ProcessGroup\n"
        f"g = ProcessGroup(Path({str(tmp_path)!r}), os.environ)\n"
        f"g.start('child', ['-m', {module!r}])\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ))
    try:
        group = ProcessGroup(tmp_path, os.environ)
        deadline = time.monotonic() + TIMEOUT
        while not group.log_path("child").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = pid_of(group, "child")
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_until_gone(pid)


def test_the_demo_keeps_to_itself_unless_the_user_says_otherwise() -> None:
    isolated = demo_environment({"HOME": "/home/somebody"})
    assert isolated["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert 1 <= int(isolated["ROS_DOMAIN_ID"]) <= 101
    chosen = {"ROS_DOMAIN_ID": "7", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
    assert demo_environment(chosen) == chosen
