# SPDX-License-Identifier: Apache-2.0
"""Batches made ahead by one thread or several come in order."""

from __future__ import annotations

import random
import threading
import time

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.feed import AHEAD, in_threads, threads_for  # noqa: E402


@pytest.mark.parametrize("threads", [1, 3, 20])
def test_all_jobs_come_in_order(threads: int) -> None:
    def make(job: int) -> int:
        time.sleep(random.random() / 1000)
        return job * job

    made = list(in_threads(make, range(11), threads))
    assert made == [(job, job * job) for job in range(11)]
    assert list(in_threads(make, [], threads)) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_run_ahead_no_further_than_told(threads: int) -> None:
    made: list[int] = []
    batches = in_threads(made.append, range(100), threads)
    next(batches)
    end = time.monotonic() + 30.0
    while len(made) < AHEAD * threads and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(made) == AHEAD * threads
    batches.close()


def test_an_error_is_raised_where_its_batch_would_have_come() -> None:
    def make(job: int) -> int:
        if job == 3:
            raise ValueError("picture 3")
        return job

    taken = []
    with pytest.raises(ValueError, match="picture 3"):
        for job, _ in in_threads(make, range(9), 2):
            taken.append(job)
    assert taken == [0, 1, 2]


def test_threads_end_with_the_loop() -> None:
    before = threading.active_count()
    batches = in_threads(lambda job: job, range(100), 3)
    next(batches)
    assert threading.active_count() > before
    batches.close()
    assert threading.active_count() == before


def test_a_cpu_gets_one_thread() -> None:
    assert threads_for(torch.device("cpu"), 1) == 1
    assert threads_for(torch.device("cuda"), 1000) == 1
