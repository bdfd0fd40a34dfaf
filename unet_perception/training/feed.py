# SPDX-License-Identifier: Apache-2.0
"""Batches for the loop, made ahead by threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

import torch

from unet_perception.dataset.parallel import in_order

Job = TypeVar("Job")
Made = TypeVar("Made")

MOST_THREADS = 8
AHEAD = 3
"""Batches for each thread that may wait to be taken, the one that it makes among them."""


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
        threads: How many.
    """
    # The threads' own setting: a second team of threads would fight with the network's.
    alone = partial(torch.set_num_threads, 1)
    with closing(in_order(make, jobs, workers=threads, ahead=AHEAD, begin=alone)) as made:
        yield from zip(jobs, made, strict=True)
