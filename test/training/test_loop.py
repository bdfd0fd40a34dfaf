# SPDX-License-Identifier: Apache-2.0
"""Training: it learns, it repeats itself, and it stops when it must."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import ConfigError, DatasetError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.batches import batches, shuffled, vary  # noqa: E402
from unet_perception.training.loop import (  # noqa: E402
    Epoch,
    TrainingError,
    learning_rate_factor,
    score,
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


TINY = Recipe(epochs=2, batch_size=2, height=16, width=32, n_filters=2)


def test_a_network_learns_what_is_plain_to_see() -> None:
    epochs: list[Epoch] = []
    data = two_colours()
    trained = train(SMALL, data, data, epochs.append)
    assert trained.history == tuple(epochs)
    assert trained.kept is epochs[-1]
    assert not trained.model.training
    assert [epoch.number for epoch in epochs] == list(range(1, 41))
    assert epochs[-1].loss < epochs[0].loss / 2
    assert epochs[-1].accuracy > 0.9
    last = epochs[-1].validation
    assert last is not None
    assert last.accuracy > 0.95


def test_equal_seeds_give_equal_weights_and_others_do_not() -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        recipe = replace(TINY, augment="light", seed=seed)
        return train(recipe, two_colours()).model.state_dict()

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


def test_a_batch_without_labels_is_passed_over() -> None:
    data = two_colours(3)
    data.masks[1:] = 255
    (epoch,) = train(replace(TINY, epochs=1, batch_size=1), data).history
    assert math.isfinite(epoch.loss)
    data.masks[:] = 255
    with pytest.raises(DatasetError, match="no mask has a labeled pixel"):
        train(TINY, data)


def test_a_loss_that_is_no_number_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "torch.nn.functional.cross_entropy",
        lambda logits, masks, ignore_index: logits.sum() * math.nan,
    )
    with pytest.raises(TrainingError, match="the loss is nan in epoch 1; lower learning_rate"):
        train(TINY, two_colours(2))


def test_the_best_epoch_is_kept_where_that_is_asked_for() -> None:
    # At this learning rate the scores jump about, so that the best epoch is not the last.
    recipe = replace(SMALL, epochs=8, learning_rate=0.05, keep="best", seed=0)
    data = two_colours()
    best = train(recipe, data, data)
    scores = [epoch.validation.miou for epoch in best.history if epoch.validation]
    assert best.kept.number == 1 + scores.index(max(scores))
    assert score(best.model, data, recipe).miou == pytest.approx(max(scores))
    last = train(replace(recipe, keep="last"), data, data)
    assert last.kept.number == 8
    assert score(last.model, data, recipe).miou == pytest.approx(scores[-1])
    assert max(scores) > scores[-1]


def test_the_best_epoch_needs_something_to_be_best_on() -> None:
    with pytest.raises(ConfigError, match="no pairs to validate on"):
        train(replace(TINY, keep="best"), two_colours(2))


def test_the_optimizer_is_keras_adam(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[torch.optim.Adam] = []

    class Recorded(torch.optim.Adam):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr("torch.optim.Adam", Recorded)
    train(replace(TINY, epochs=1), two_colours(2))
    (adam,) = made
    assert adam.defaults["eps"] == 1e-7
    assert adam.defaults["betas"] == (0.9, 0.999)
    assert adam.defaults["weight_decay"] == 0
    assert adam.param_groups[0]["lr"] == 1e-3


def test_bf16_learns_as_well() -> None:
    data = two_colours()
    trained = train(replace(SMALL, precision="bf16"), data)
    assert trained.history[-1].accuracy > 0.9
    assert all(value.dtype == torch.float32 for value in trained.model.state_dict().values())


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
