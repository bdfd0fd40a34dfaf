# SPDX-License-Identifier: Apache-2.0
"""Whenever a recorder dies, what it had committed is whole, and the next one goes on from there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import recorded_pairs
from recorded_pairs import IDENTITY, check_whole, job

from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairWriter

KILLS = 15
DIED = 77


@pytest.mark.exhaustive
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(4)
    before, strays = 0, 0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, recorded_pairs.__file__, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            # It says so when it has resumed: then each moment is as good as another.
            assert process.stdout.readline() == f"{before}\n"
            time.sleep(chance.uniform(0.0, 0.15))
            process.kill()
        with open_folder(tmp_path, IDENTITY, "full") as folder:
            assert folder.next_number >= before
            before = folder.next_number
            strays += folder.strays
        assert check_whole(tmp_path) == before
    assert before > 0
    assert strays > 0, "no kill hit a pair that was under way: the test tests nothing"


def in_fork(action: Callable[[Path, int], None], root: Path, call: int) -> int:
    """Run an action in a fork of this process and return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action(root, call)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die_at(root: Path, call: int) -> None:
    """Record six pairs on one worker and die before that call to the file system."""
    left = call

    def count(name: str) -> None:
        real = getattr(os, name)

        def counted(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(DIED)
            return real(*args, **kwargs)

        setattr(os, name, counted)

    for name in ("open", "fsync", "fdatasync", "rename", "replace", "write", "ftruncate"):
        count(name)
    with open_folder(root, IDENTITY) as folder, PairWriter(folder, workers=1, queue=3) as writer:
        for frame in range(folder.next_number, 6):
            writer.submit(job(frame))


@pytest.mark.exhaustive
def test_a_death_at_any_call_to_the_file_system_is_mended(tmp_path: Path) -> None:
    call = 0
    while True:
        root = tmp_path / str(call)
        code = in_fork(die_at, root, call)
        assert code in (0, DIED)
        with open_folder(root, IDENTITY, "full") as folder:
            committed = folder.next_number
        assert check_whole(root) == committed
        if code == 0:
            break
        assert in_fork(die_at, root, 1000) == 0
        assert check_whole(root) == 6
        call += 1
    assert call > 30, "it did fewer calls than six pairs take"
