# SPDX-License-Identifier: Apache-2.0
"""The order of the pictures in an epoch, worked out from the seed and the epoch's number alone.

So a run that goes on after a stop, or runs as several processes, needs to be told nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]

_PICKS, _SHUFFLE = 0, 1
"""What a generator is for; else two purposes could draw the same numbers."""


@dataclass(frozen=True)
class Step:
    """Pictures of one optimiser step.

    Attributes:
        indices: The examples.
        positions: Where each of them is in the epoch.
    """

    indices: Order
    positions: Order

    def share(self, rank: int, world: int) -> Step:
        """Return what one of several processes takes of it, which may be nothing."""
        return Step(self.indices[rank::world], self.positions[rank::world])


def epoch_length(counts_and_weights: Sequence[tuple[int, float]]) -> int:
    """Return how many pictures an epoch has; it is the same for every epoch."""
    return sum(_share(count, weight) for count, weight in counts_and_weights)


def epoch_order(
    counts_and_weights: Sequence[tuple[int, float]],
    seed: int,
    epoch: int,
    shuffle_buffer: int | None = None,
) -> Order:
    """Return the examples of one epoch in order.

    A weight of 2 takes each example twice, 0.5 takes half of them, and the other half in the
    next epoch: over the epochs none is taken again before all others were.

    Args:
        counts_and_weights: For each dataset the number of its examples and its weight.
        seed: The run's.
        epoch: The epoch's number, 0 or more.
        shuffle_buffer: Examples that the next one is drawn from, as tf.data's shuffle does it;
            None shuffles all.

    Returns:
        Indices of examples, numbered through all datasets.
    """
    parts = []
    first = 0
    for number, (count, weight) in enumerate(counts_and_weights):
        length = _share(count, weight)
        rounds = []
        for turn in range(epoch * length // count, ((epoch + 1) * length - 1) // count + 1):
            if shuffle_buffer is None:
                picks = np.random.default_rng((seed, _PICKS, number, turn)).permutation(count)
            else:
                picks = np.arange(count)
            begin = turn * count
            low, high = epoch * length - begin, (epoch + 1) * length - begin
            rounds.append(picks[max(low, 0) : high])
        parts.append(np.concatenate(rounds) + first)
        first += count
    order = np.concatenate(parts).astype(np.int64)
    rng = np.random.default_rng((seed, _SHUFFLE, epoch))
    if shuffle_buffer is None:
        return rng.permutation(order)
    return order[np.fromiter(_through_window(len(order), shuffle_buffer, rng), np.int64)]


def steps(order: Order, batch_size: int) -> list[Step]:
    """Return an epoch's steps; the last one may be smaller."""
    positions = np.arange(len(order))
    return [
        Step(order[at : at + batch_size], positions[at : at + batch_size])
        for at in range(0, len(order), batch_size)
    ]


def _share(count: int, weight: float) -> int:
    return max(1, round(count * weight))


def _through_window(count: int, buffer: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield each index once, each drawn at random from a window that slides over them.

    This is how tf.data shuffles: with a buffer smaller than the data the order is only
    locally random.
    """
    window: list[int] = []
    for index in range(count):
        if len(window) == buffer:
            at = int(rng.integers(buffer))
            yield window[at]
            window[at] = index
        else:
            window.append(index)
    yield from (window[i] for i in rng.permutation(len(window)))
