# SPDX-License-Identifier: Apache-2.0
"""The order of an epoch: known from seed and epoch alone, fair over the epochs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.training.order import epoch_length, epoch_order, steps

DATASETS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([0.1, 0.3, 0.5, 1.0, 1.7, 2.0, 3.0])),
    min_size=1,
    max_size=3,
)


@given(datasets=DATASETS, seed=st.integers(0, 99), epochs=st.integers(1, 8))
def test_over_the_epochs_none_is_taken_again_before_all_others(
    datasets: list[tuple[int, float]], seed: int, epochs: int
) -> None:
    taken: Counter[int] = Counter()
    for epoch in range(epochs):
        order = epoch_order(datasets, seed, epoch)
        assert len(order) == epoch_length(datasets)
        taken.update(order.tolist())
    first = 0
    for count, weight in datasets:
        times = [taken[i] for i in range(first, first + count)]
        assert max(times) - min(times) <= 1
        assert sum(times) == epochs * max(1, round(count * weight))
        first += count
    assert max(taken) < first


def test_a_weight_of_two_is_twice_in_an_epoch_and_a_half_is_every_other_one() -> None:
    datasets = [(10, 2.0), (8, 0.5)]
    order = epoch_order(datasets, 3, 4)
    assert Counter(order[order < 10].tolist()) == dict.fromkeys(range(10), 2)
    first, second = (
        {i for i in epoch_order(datasets, 3, epoch).tolist() if i >= 10} for epoch in (4, 5)
    )
    assert first | second == set(range(10, 18))
    assert not first & second


def test_order_depends_on_seed_and_epoch_and_on_nothing_else() -> None:
    datasets = [(50, 1.0)]
    one = epoch_order(datasets, 1, 1)
    assert np.array_equal(one, epoch_order(datasets, 1, 1))
    assert not np.array_equal(one, epoch_order(datasets, 1, 2))
    assert not np.array_equal(one, epoch_order(datasets, 2, 1))


@given(count=st.integers(1, 60), buffer=st.integers(1, 70), epoch=st.integers(0, 3))
def test_a_window_takes_each_once_and_none_from_far_ahead(
    count: int, buffer: int, epoch: int
) -> None:
    order = epoch_order([(count, 1.0)], 0, epoch, buffer)
    assert sorted(order.tolist()) == list(range(count))
    assert (order <= np.arange(count) + buffer).all()


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_each_step(world: int) -> None:
    order = epoch_order([(23, 1.0)], 0, 0)
    cut = steps(order, 8)
    assert [len(step.indices) for step in cut] == [8, 8, 7]
    assert np.array_equal(np.concatenate([step.indices for step in cut]), order)
    for step in cut:
        shares = [step.share(rank, world) for rank in range(world)]
        positions = np.concatenate([share.positions for share in shares])
        assert sorted(positions.tolist()) == step.positions.tolist()
        for share in shares:
            assert np.array_equal(order[share.positions], share.indices)
    # The last step of all may be too small for every process.
    assert len(steps(order, 22)[1].share(1, 2).indices) == 0
