# SPDX-License-Identifier: Apache-2.0
"""Dropout from keys: the right share, independent, and the same whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.model.unet import DROPOUT, UNet  # noqa: E402
from unet_perception.training.dropout import SeededDropout, seed_dropout, set_keys  # noqa: E402

CPU = torch.device("cpu")


def dropped(positions: list[int], epoch: int = 0, seed: int = 0, number: int = 0) -> torch.Tensor:
    layer = SeededDropout(DROPOUT, number)
    set_keys([layer], seed, epoch, np.array(positions), CPU)
    result: torch.Tensor = layer(torch.ones(len(positions), 64, 12, 16))
    return result


def test_the_right_share_is_dropped_and_the_rest_makes_up_for_it() -> None:
    features = dropped([0, 1, 2, 3])
    for picture in features:
        assert float((picture == 0).float().mean()) == pytest.approx(DROPOUT, abs=0.02)
    kept = features[features != 0]
    assert float(kept.min()) == float(kept.max()) == pytest.approx(1 / (1 - DROPOUT))


def test_draws_do_not_depend_on_the_batch() -> None:
    together = dropped([5, 9, 7])
    for row, position in enumerate([5, 9, 7]):
        assert torch.equal(together[row], dropped([position])[0])
    laid_out = SeededDropout(DROPOUT, 0)
    set_keys([laid_out], 0, 0, np.array([5]), CPU)
    features = torch.ones(1, 64, 12, 16).to(memory_format=torch.channels_last)
    assert torch.equal(laid_out(features)[0], together[0])


@pytest.mark.parametrize("change", [{"epoch": 1}, {"seed": 1}, {"number": 1}, {"positions": [1]}])
def test_draws_are_independent(change: dict[str, object]) -> None:
    first = dropped([0]) == 0
    other = dropped(**{"positions": [0], **change}) == 0  # type: ignore[arg-type]
    both = float((first & other).float().mean())
    assert both == pytest.approx(DROPOUT**2, abs=0.02)


def test_a_network_keeps_its_weights_and_their_names() -> None:
    model = UNet(5, n_filters=2)
    names = list(model.state_dict())
    layers = seed_dropout(model)
    assert len(layers) == 2
    assert list(model.state_dict()) == names
    images = torch.rand(3, 3, 32, 32)
    model.train()
    set_keys(layers, 0, 0, np.arange(3), CPU)
    first = model(images)
    assert torch.equal(first, model(images))
    set_keys(layers, 0, 1, np.arange(3), CPU)
    assert not torch.equal(first, model(images))
    plain = UNet(5, n_filters=2)
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model.eval()(images), plain.eval()(images))
