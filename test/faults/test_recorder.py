# SPDX-License-Identifier: Apache-2.0
"""Faults of the recorder: real processes, CARLA's own client, the playback server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("carla", reason="the carla client is not installed")

from limits import no_more_handles
from recording_process import RecordingProcess, wait_for_lines
from scheduling import freeze, starved
from served_pairs import check_pairs
from small_disk import remount, small_disk
from world_state import look_from_outside

from unet_perception.dataset.manifest import read_manifest

PLAN = ["--weathers", "ClearNoon", "--keep-standing", "--min-free", "0"]
BEGUN = 5
"""Pairs after which a fault happens."""

Record = Callable[..., RecordingProcess]
DAY_S = 86_400
JUMPING = """
import time
plain = time.time
time.time = lambda: plain() + float(open({!r}).read())
"""


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with ExitStack() as stack:

        def start(server: Any, pairs: int, *arguments: str, out: str = "out") -> RecordingProcess:
            options = [*PLAN, "--pairs", str(pairs), *arguments]
            process = RecordingProcess(tmp_path / out, server.port, *options)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def server(start_carla_server: Callable[..., Any], numbered_pairs: Path) -> Any:
    return start_carla_server("--data", str(numbered_pairs))


def last_line(running: RecordingProcess) -> str:
    """Return what it said last; it must be a message, and no page of Python."""
    assert "Traceback" not in running.output
    return running.output.strip().splitlines()[-1]


def check_no_temporary_file(out: Path) -> None:
    assert [path for path in out.rglob("*") if path.name.endswith(".tmp")] == []


def test_ten_seconds_of_standing_still_cost_no_pair(
    record: Record,
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
    left: Any,
) -> None:
    # At a time: of one recording the recorder stands still, of the other the server.
    servers = [start_carla_server("--data", str(numbered_pairs)) for _ in range(2)]
    before = look_from_outside(servers[0].port)
    recorders = [record(server, 200, out=f"out{i}") for i, server in enumerate(servers)]
    for running in recorders:
        left.watch(running.popen.pid)

    def stand_still(i: int, pid: int) -> None:
        # Each as soon as it has begun: the other may be slow to start.
        wait_for_lines(tmp_path / f"out{i}", BEGUN, recorders[i])
        freeze(pid)

    with ThreadPoolExecutor() as pool:
        list(pool.map(stand_still, (0, 1), (recorders[0].popen.pid, servers[1].popen.pid)))
    for i, running in enumerate(recorders):
        assert running.wait() == 0, running.output
        assert "Traceback" not in running.output
        check_pairs(tmp_path / f"out{i}", numbered_pairs, 200)
        assert look_from_outside(servers[i].port) == before
    left.check()


def test_a_server_that_never_comes_back_ends_it_with_one_line(
    record: Record, server: Any, numbered_pairs: Path, tmp_path: Path, left: Any
) -> None:
    running = record(server, 2000, "--timeout", "1", "--reconnect", "0")
    wait_for_lines(tmp_path / "out", BEGUN, running)
    left.watch(running.popen.pid)
    server.kill()
    assert running.wait() == 1
    assert last_line(running).startswith("unet-perception record: ")
    assert f":{server.port}" in last_line(running)
    left.check()
    check_no_temporary_file(tmp_path / "out")
    check_pairs(tmp_path / "out", numbered_pairs, len(read_manifest(tmp_path / "out")))


@contextmanager
def told_to_end(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGTERM)
    yield


@pytest.mark.parametrize(
    ("harm", "disk", "code", "words"),
    [
        (told_to_end, "", 130, "of 1000 are there"),
        (no_more_handles, "", 1, "Too many open files"),
        # The disk is full soon anyway.
        (nullcontext, "400k", 1, "No space left on device"),
    ],
    ids=["SIGTERM", "handles", "disk"],
)
def test_what_ends_it_leaves_world_and_pairs_in_order(
    harm: Callable[[int], AbstractContextManager[Any]],
    disk: str,
    code: int,
    words: str,
    record: Record,
    server: Any,
    numbered_pairs: Path,
    tmp_path: Path,
    left: Any,
) -> None:
    before, out = look_from_outside(server.port), tmp_path / "out"
    with small_disk(out, disk) if disk else nullcontext():
        running = record(server, 1000)
        wait_for_lines(out, BEGUN, running)
        left.watch(running.popen.pid)
        with harm(running.popen.pid):
            assert running.wait() == code, running.output
        assert words in last_line(running)
        left.check()
        check_no_temporary_file(out)
        assert look_from_outside(server.port) == before
        done = len(read_manifest(out))
        check_pairs(out, numbered_pairs, done)
        if harm is told_to_end:
            return  # that it goes on is shown in test/recording/test_recorder.py
        if disk:
            remount(out, "size=24m")
        running = record(server, 1000)
        wait_for_lines(out, done + BEGUN, running)
        running.popen.send_signal(signal.SIGTERM)
        assert running.wait() == 130
        check_pairs(out, numbered_pairs, len(read_manifest(out)))


def test_a_read_only_disk_is_told_and_the_world_is_not_touched(
    record: Record, server: Any, tmp_path: Path, left: Any
) -> None:
    before = look_from_outside(server.port)
    with small_disk(tmp_path / "out", "8m") as out:
        remount(out, "ro")
        running = record(server, 20)
        left.watch(running.popen.pid)
        assert running.wait() == 1
        assert last_line(running).startswith(f"unet-perception record: {out}")
        assert "Read-only file system" in last_line(running)
        assert list(out.iterdir()) == []
        remount(out, "rw")
    left.check()
    assert look_from_outside(server.port) == before


def test_starved_of_the_processor_it_is_slow_and_right(
    record: Record, server: Any, numbered_pairs: Path, tmp_path: Path, left: Any
) -> None:
    running = record(server, 300)
    wait_for_lines(tmp_path / "out", BEGUN, running)
    left.watch(running.popen.pid)
    with starved(running.popen.pid):
        time.sleep(4.0)
    assert running.wait() == 0, running.output
    check_pairs(tmp_path / "out", numbered_pairs, 300)
    left.check()


def test_a_wall_clock_that_jumps_changes_the_times_alone(
    record: Record,
    server: Any,
    numbered_pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of Python alone: libfaketime 0.9.10 breaks every sleep of Python 3.11.
    offset = tmp_path / "offset"
    offset.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(JUMPING.format(str(offset)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    running = record(server, 300)
    for lines, days in ((BEGUN, -3), (40, 3)):
        wait_for_lines(tmp_path / "out", lines, running)
        (tmp_path / "next").write_text(str(days * DAY_S))
        os.replace(tmp_path / "next", offset)
    assert running.wait() == 0, running.output
    entries = check_pairs(tmp_path / "out", numbered_pairs, 300)
    times = [entry.wall_time for entry in entries]
    assert max(times) - min(times) > 5 * DAY_S
    assert all(b.stamp > a.stamp for a, b in pairwise(entries))
