# SPDX-License-Identifier: Apache-2.0
"""Is it worth running several pictures at once? Measured where it is asked, never assumed.

A batch fills a large GPU, or many cores, that one small picture leaves idle. Two cores are busy
with one picture already: two then take twice as long, and the first mask waits for the second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from unet_perception.engines.engine import Engine
from unet_perception.engines.progress import Report, silent
from unet_perception.errors import EngineError

MIN_GAIN = 0.1
"""Share of the mean wait that a batch must save: less may be the noise of a busy machine."""

MIN_ROUNDS = 5
MAX_ROUNDS = 40
MEASURE_S = 1.0
"""Measuring ends after so many seconds, or rounds, but not before ``MIN_ROUNDS``."""


def open_batches(
    single: Engine, largest: int, opener: Callable[[int], Engine], report: Report = silent
) -> list[Engine]:
    """Open engines for several pictures at a time, as far as they are worth it.

    Sizes double up to the largest. One is kept if a picture then has its mask sooner, on
    average and by ``MIN_GAIN``, than when the smaller sizes serve as many pictures one after the
    other; the first that is not kept is the last that is tried. What was measured is added to
    ``single.info``.

    Args:
        single: The engine for one picture.
        largest: Most pictures that may wait at a time.
        opener: Opens an engine of the same kind for so many pictures.
        report: Takes a line on what was measured.

    Returns:
        The engines beside ``single``, the smallest first; none where batches are not worth it.

    Raises:
        EngineError: An engine that was open failed.
    """
    engines = [single]
    note = ""
    for size in batch_sizes(largest):
        try:
            candidate = opener(size)
        except EngineError as error:
            # One by one still works; that it is so is in the log and in the engine's detail.
            note = f"no batches of {size}: {error}"
            break
        seconds = measure([*engines, candidate])
        taken = seconds.pop(size)
        apart = mean_wait(size, seconds)
        note = f"{size} pictures at once take {taken / seconds[1]:.2f} times as long as one"
        if taken > (1.0 - MIN_GAIN) * apart:
            candidate.close()
            note += f", so {_words(engines)}"
            break
        engines.append(candidate)
    if note:
        report(f"engine {single.info.name}: {note}")
        single.info = replace(single.info, detail=f"{single.info.detail}; {note}")
    return engines[1:]


def batch_sizes(largest: int) -> list[int]:
    """Return the sizes worth having beside 1: 2, 4, 8 and so on, and the largest itself."""
    sizes = [2**power for power in range(1, largest.bit_length()) if 2**power < largest]
    return [*sizes, largest] if largest > 1 else []


def measure(engines: Sequence[Engine]) -> dict[int, float]:
    """Return the seconds of one call of each engine, by its batch.

    They take turns, so whatever else the machine does slows all of them alike.
    """
    times: dict[int, list[float]] = {engine.batch: [] for engine in engines}
    for engine in engines:
        engine.warm_up()
    started = time.perf_counter()
    for turn in range(MAX_ROUNDS):
        if turn >= MIN_ROUNDS and time.perf_counter() - started > MEASURE_S:
            break
        for engine in engines:
            before = time.perf_counter()
            engine.warm_up()
            times[engine.batch].append(time.perf_counter() - before)
    return {batch: float(np.median(values)) for batch, values in times.items()}


def mean_wait(pictures: int, seconds: Mapping[int, float]) -> float:
    """Return after how many seconds, on average, a picture of several has its mask.

    As many as the largest engine holds go first, then the next; see ``fitting``.

    Args:
        pictures: How many wait.
        seconds: Of one call of each engine, by its batch.
    """
    largest = max(seconds)
    passed = total = 0.0
    for done in range(0, pictures, largest):
        taken = min(largest, pictures - done)
        passed += seconds[fitting(taken, list(seconds))]
        total += taken * passed
    return total / pictures


def fitting(pictures: int, sizes: Sequence[int]) -> int:
    """Return the smallest of the sizes that holds so many pictures."""
    return min(size for size in sizes if size >= pictures)


def _words(engines: Sequence[Engine]) -> str:
    if len(engines) == 1:
        return "they go one by one"
    return f"no more than {engines[-1].batch} go at once"
