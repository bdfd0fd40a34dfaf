# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from realtime_processes import Processes, cpu_ms, memory
from realtime_records import RunFailedError

WAIT = ["-c", "import time; time.sleep(60)"]
DIE = ["-c", "import sys; print('my last words'); sys.exit(7)"]


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_one_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Processes(tmp_path, os.environ) as processes:
        processes.start("steady", WAIT)
        pid = processes.start("weak", DIE)
        # Its end can be waited for, but its exit code must stay to be taken.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        words = r"(?s)weak ended with exit code 7.*weak: my last words"
        with pytest.raises(RunFailedError, match=words):
            processes.check()


def test_all_end_when_the_run_fails(tmp_path: Path) -> None:
    pids = []
    with (
        pytest.raises(RuntimeError, match="the run failed"),
        Processes(tmp_path, os.environ) as processes,
    ):
        pids = [processes.start(name, WAIT) for name in ("first", "second")]
        assert all(map(lives, pids))
        raise RuntimeError("the run failed")
    assert not any(map(lives, pids))


def test_what_a_process_uses() -> None:
    # Of this very process, which has numpy in it.
    before = cpu_ms(os.getpid())
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass
    assert cpu_ms(os.getpid()) - before >= 30.0
    held = memory(os.getpid())
    assert held.own > 1.0
    assert held.total == pytest.approx(held.own + held.files + held.shared)
