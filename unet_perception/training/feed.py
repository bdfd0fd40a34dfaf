# SPDX-License-Identifier: Apache-2.0
"""Batches for the loop, made ahead by threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from typing import TypeVar

import torch

from unet_perception.training.batch import prefetch

Job = TypeVar("Job")
Made = TypeVar("Made")

MOST_THREADS = 8


def threads_for(device: torch.device, processes: int) -> int:
    """Return how many threads shall make batches.

    On a CPU the network has all cores busy anyway; a GPU is faster than one thread.
    """
    if device.type == "cpu":
        return 1
    return max(1, min(MOST_THREADS, (os.cpu_count() or 1) // max(1, processes) - 1))


def in_threads(
    make: Callable[[Job], Made], jobs: Sequence[Job], threads: int = 1
) -> Generator[tuple[Job, Made], None, None]:
    """Yield each job with what was made of it, in order.

    Args:
        make: Called in the threads; what it raises is raised here.
        jobs: What to make.
        threads: Thread ``i`` makes every job ``i``, ``i + threads`` and so on.
    """
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(closing(prefetch(map(make, jobs[first::threads]))))  # type: ignore[type-var]
            for first in range(min(threads, len(jobs)))
        ]
        for number, job in enumerate(jobs):
            yield job, next(lanes[number % len(lanes)])
