# SPDX-License-Identifier: Apache-2.0
"""Training: it learns, it repeats itself, and it stops when it must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.batches import batches, shuffled, vary  # noqa: E402
from unet_perception.training.loop import (  # noqa: E402
    Epoch,
    TrainingError,
    learning_rate_factor,
    train,
)
from unet_perception.training.pixels import Pixels  # noqa: E402
from unet_perception.training.recipe import Recipe  # noqa: E402

SMALL = Recipe(
    epochs=40, batch_size=4, height=16, width=32, n_filters=4, learning_rate=5e-3, seed=1
)


def two_colours(count: int = 4) -> Pixels:
    rng = np.random.default_rng(0)
    masks = np.zeros((count, 16, 32), np.uint8)
    for mask in masks:
        column = int(rng.integers(8, 24))
        mask[:, column:] = 7
    images = np.where(masks[..., None] == 7, np.uint8(200), np.uint8(40))
    return Pixels(np.repeat(images, 3, axis=3).astype(np.uint8), masks)


def test_a_network_learns_what_is_plain_to_see() -> None:
    epochs: list[Epoch] = []
    data = two_colours()
    train(SMALL, data, data, epochs.append)
    assert [epoch.number for epoch in epochs] == list(range(1, 41))
    assert epochs[-1].loss < epochs[0].loss / 2
    assert epochs[-1].accuracy > 0.9
    last = epochs[-1].validation
    assert last is not None
    assert last.accuracy > 0.95


def test_equal_seeds_give_equal_weights_and_others_do_not() -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        recipe = Recipe(
            epochs=2, batch_size=2, height=16, width=32, n_filters=2, augment="light", seed=seed
        )
        return train(recipe, two_colours()).state_dict()

    first, again, other = weights(3), weights(3), weights(4)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_unlabeled_pixels_teach_nothing() -> None:
    data = two_colours(2)
    hidden = Pixels(data.images, np.full_like(data.masks, 255))
    hidden.masks[0, 0, 0] = 7
    recipe = Recipe(epochs=1, batch_size=2, height=16, width=32, n_filters=2)
    epochs: list[Epoch] = []
    train(recipe, hidden, None, epochs.append)
    assert epochs[0].accuracy in (0.0, 1.0)


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    recipe = Recipe(epochs=30, batch_size=2, height=16, width=32, n_filters=2, learning_rate=1.0)
    data = two_colours(2)
    broken = Pixels(data.images, np.full_like(data.masks, 255))
    with pytest.raises(TrainingError, match="the loss is nan in epoch 1"):
        train(recipe, broken)


@given(count=st.integers(0, 60), buffer=st.integers(1, 70), seed=st.integers(0, 1000))
def test_an_epoch_has_every_picture_once(count: int, buffer: int, seed: int) -> None:
    order = list(shuffled(count, buffer, np.random.default_rng(seed)))
    assert sorted(order) == list(range(count))
    # A picture cannot come before the window has reached it.
    assert all(index < place + buffer for place, index in enumerate(order))


@given(count=st.integers(1, 50), size=st.integers(1, 20))
def test_batches_are_full_but_for_the_last(count: int, size: int) -> None:
    sizes = [len(b) for b in batches(count, size, 10, np.random.default_rng(0))]
    assert sum(sizes) == count
    assert all(s == size for s in sizes[:-1])
    assert 1 <= sizes[-1] <= size


def test_variation_mirrors_pictures_and_masks_together() -> None:
    masks = torch.arange(32).repeat(64, 16, 1) % 20
    images = (masks.float() / 40.0 + 0.25)[:, None].repeat(1, 3, 1, 1)
    varied, turned = vary(images, masks, torch.Generator().manual_seed(0))
    assert varied.shape == images.shape
    assert float(varied.min()) >= 0.0
    assert float(varied.max()) <= 1.0
    flipped = [not torch.equal(a, b) for a, b in zip(turned, masks, strict=True)]
    assert 10 < sum(flipped) < 54
    for image, mask in zip(varied, turned, strict=True):
        # Light is varied by a monotone curve: brighter stays brighter where the id is higher.
        order = mask[0, :20].argsort()
        assert bool((image[0, 0, :20][order].diff() >= -1e-6).all())


def test_schedules() -> None:
    assert learning_rate_factor("constant", 7, 10) == 1.0
    factors = [learning_rate_factor("cosine", step, 10) for step in range(11)]
    assert factors[0] == 1.0
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] == pytest.approx(0.0)
