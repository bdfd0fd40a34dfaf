# SPDX-License-Identifier: Apache-2.0
"""Doing the same to every pair of a folder, on all cores and with bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Watch = Callable[[int, int], None]
"""Told how many are done, and of how many."""

AHEAD = 8


def unwatched(done: int, total: int) -> None:
    """Tell nobody."""


def in_order(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    watch: Watch = unwatched,
    workers: int = 0,
    ahead: int = AHEAD,
    begin: Callable[[], None] | None = None,
) -> Generator[Result, None, None]:
    """Yield the result for each item, in order, worked out by threads that run ahead.

    Reading, decoding and hashing all let go of the interpreter's lock.

    Args:
        function: What to do; what it raises is raised here, and what has not begun is left out.
        items: What to do it to.
        watch: Told about every result.
        workers: Threads; 0 takes one for each core.
        ahead: Results for each thread that may wait to be taken.
        begin: Called in each thread before all else.
    """
    workers = workers or os.cpu_count() or 1
    waiting: deque[Future[Result]] = deque()
    coming = iter(items)
    with ThreadPoolExecutor(workers, initializer=begin) as pool:
        try:
            for done in range(1, len(items) + 1):
                for item in islice(coming, workers * ahead - len(waiting)):
                    waiting.append(pool.submit(function, item))
                yield waiting.popleft().result()
                watch(done, len(items))
        finally:
            for future in waiting:
                future.cancel()
