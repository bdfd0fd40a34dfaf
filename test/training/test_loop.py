# SPDX-License-Identifier: Apache-2.0
"""The training loop: it learns, repeats itself, keeps what it should, and stops when it must."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unet_perception.errors import ConfigError, DatasetError, TrainingError
from unet_perception.training.augment import Augmentation
from unet_perception.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.checkpoint import LAST, read_checkpoint  # noqa: E402
from unet_perception.training.history import Epoch  # noqa: E402
from unet_perception.training.loop import train  # noqa: E402
from unet_perception.training.watch import Moment, Watch  # noqa: E402

Load = Callable[..., Any]

SMALL = Recipe(
    epochs=40, batch_size=4, height=16, width=32, n_filters=4, learning_rate=5e-3, seed=1
)
TINY = Recipe(epochs=2, batch_size=2, height=16, width=32, n_filters=2)
EVERYTHING = replace(
    TINY,
    optimizer="adamw",
    weight_decay=0.01,
    warmup=0.2,
    schedule="cosine",
    ema_decay=0.9,
    grad_clip=1.0,
    class_weights="sqrt",
    dice=0.5,
    lovasz=0.5,
    label_smoothing=0.1,
    shuffle_buffer=0,
    keep="best",
    augment=Augmentation(paste=0.5),
)


class Noting(Watch):
    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.epochs: list[Epoch] = []

    def due(self) -> bool:
        return True

    def moment(self, moment: Moment) -> None:
        self.moments.append(moment)

    def epoch(self, epoch: Epoch, best: Epoch, model: Any) -> None:
        assert not model.training
        assert best.val_miou >= epoch.val_miou or math.isnan(epoch.val_miou)
        self.epochs.append(epoch)


def test_a_network_learns_what_is_plain_to_see(load: Load, tmp_path: Path) -> None:
    noting = Noting()
    trained = train(SMALL, load(8, 0.4), tmp_path / "run", watch=noting)
    assert trained.history == tuple(noting.epochs)
    assert trained.kept is trained.history[-1]
    assert not trained.model.training
    assert trained.precision == "fp32"
    assert [epoch.number for epoch in trained.history] == list(range(1, 41))
    assert trained.kept.loss < trained.history[0].loss / 2
    assert trained.kept.accuracy > 0.9
    assert trained.kept.val_accuracy > 0.95
    assert trained.kept.val_miou > 0.9
    (checked,) = trained.kept.checked
    assert (checked.name, checked.label_set, checked.whole) == ("drive", "carla-0.8", True)


def test_moments_tell_where_it_is(load: Load, tmp_path: Path) -> None:
    noting = Noting()
    train(TINY, load(5), tmp_path / "run", watch=noting)
    assert [(moment.epoch, moment.step) for moment in noting.moments] == [
        (epoch, step) for epoch in (1, 2) for step in (1, 2, 3)
    ]
    assert [moment.pictures for moment in noting.moments] == [2, 4, 5, 7, 9, 10]
    assert {(moment.epochs, moment.steps) for moment in noting.moments} == {(2, 3)}
    # The last one has seen the whole epoch.
    assert noting.moments[2].loss == noting.epochs[0].loss
    assert noting.moments[2].accuracy == noting.epochs[0].accuracy


def test_everything_at_once_repeats_itself_and_another_seed_does_not(
    load: Load, tmp_path: Path
) -> None:
    data = load(8, 0.4)

    def weights(seed: int, name: str) -> dict[str, torch.Tensor]:
        recipe = replace(EVERYTHING, seed=seed)
        return train(recipe, data, tmp_path / name).model.state_dict()

    first, again, other = weights(3, "a"), weights(3, "b"), weights(4, "c")
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
    assert all(bool(torch.isfinite(value).all()) for value in first.values())


def test_a_part_of_the_input_is_trained_on(load: Load, tmp_path: Path) -> None:
    recipe = replace(TINY, height=32, width=64, crop_height=16, crop_width=16)
    counts = train(recipe, load(4, 0.25), tmp_path / "run").history
    assert all(math.isfinite(epoch.loss) for epoch in counts)


def test_unlabeled_pixels_teach_nothing(load: Load, tmp_path: Path) -> None:
    (epoch,) = train(
        replace(TINY, epochs=1, batch_size=1), load(3, unlabeled=2), tmp_path / "run"
    ).history
    assert math.isfinite(epoch.loss)
    with pytest.raises(DatasetError, match="no mask has a labeled pixel"):
        load(3, unlabeled=3, name="blank")


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_checkpoint(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unet_perception.training.loss import LossSums, SegmentationLoss

    plain, calls = SegmentationLoss.__call__, [0]

    def failing(self: SegmentationLoss, logits: Any, masks: Any) -> LossSums:
        calls[0] += 1
        sums = plain(self, logits, masks)
        return sums if calls[0] < 4 else replace(sums, pixel=sums.pixel * math.nan)

    monkeypatch.setattr(SegmentationLoss, "__call__", failing)
    data, folder = load(4), tmp_path / "run"
    with pytest.raises(TrainingError) as caught:
        train(replace(TINY, epochs=3, checkpoint_seconds=0), data, folder)
    assert "the loss is nan in epoch 2 after step 2 of 2; lower learning_rate" in str(caught.value)
    assert str(folder / LAST) in str(caught.value)
    checkpoint = read_checkpoint(folder / LAST)
    assert (checkpoint.facts["epoch"], checkpoint.facts["step"]) == (1, 1)
    assert all(bool(torch.isfinite(value).all()) for value in checkpoint.tensors.values())


def test_a_last_step_that_goes_wrong_is_noticed(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wild(torch.optim.Adam):
        def step(self, *args: Any, **kwargs: Any) -> Any:
            with torch.no_grad():
                self.param_groups[0]["params"][0].fill_(math.inf)

    monkeypatch.setattr("torch.optim.Adam", Wild)
    with pytest.raises(TrainingError, match="a weight is no number any more in epoch 1 after"):
        train(replace(TINY, epochs=1, batch_size=4), load(4), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_best_epoch_is_kept_where_that_is_asked_for(load: Load, tmp_path: Path) -> None:
    # At this learning rate the scores jump about, so that the best epoch is not the last.
    recipe = replace(SMALL, epochs=8, learning_rate=0.05, keep="best", seed=0)
    data = load(8, 0.4)
    best = train(recipe, data, tmp_path / "best")
    scores = [epoch.val_miou for epoch in best.history]
    assert best.kept.number == 1 + scores.index(max(scores))
    last = train(replace(recipe, keep="last"), data, tmp_path / "last")
    assert last.kept.number == 8
    assert [epoch.val_miou for epoch in last.history] == scores
    assert max(scores) > scores[-1]
    shorter = train(
        replace(recipe, keep="last", epochs=best.kept.number), data, tmp_path / "shorter"
    )
    expected, got = shorter.model.state_dict(), best.model.state_dict()
    assert all(torch.equal(expected[name], got[name]) for name in expected)


def test_a_run_ends_when_it_gets_no_better(load: Load, tmp_path: Path) -> None:
    recipe = replace(SMALL, learning_rate=1e-9, patience=3)
    assert len(train(recipe, load(8, 0.4), tmp_path / "run").history) == 4


@pytest.mark.parametrize("change", [{"keep": "best"}, {"patience": 2}])
def test_the_best_epoch_needs_something_to_be_best_on(
    change: dict[str, Any], load: Load, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="no pairs to validate on"):
        train(replace(TINY, **change), load(2), tmp_path / "run")


def test_the_moving_average_is_what_comes_out(load: Load, tmp_path: Path) -> None:
    data = load(4)
    plain = train(TINY, data, tmp_path / "plain").model.state_dict()
    averaged = train(replace(TINY, ema_decay=0.5), data, tmp_path / "averaged").model.state_dict()
    trained = read_checkpoint(tmp_path / "averaged" / LAST).tensors
    name = "head.conv.weight"
    # It follows the training and does not change it.
    assert torch.equal(trained[f"model.{name}"], plain[name])
    assert torch.equal(trained[f"average.{name}"], averaged[name])
    assert not torch.equal(averaged[name], plain[name])


def test_the_optimizer_is_keras_adam(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[torch.optim.Adam] = []

    class Recorded(torch.optim.Adam):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr("torch.optim.Adam", Recorded)
    train(replace(TINY, epochs=1), load(2), tmp_path / "run")
    (adam,) = made
    assert adam.defaults["eps"] == 1e-7
    assert adam.defaults["betas"] == (0.9, 0.999)
    assert adam.defaults["weight_decay"] == 0
    assert adam.param_groups[0]["lr"] == 1e-3


def test_bf16_learns_as_well(load: Load, tmp_path: Path) -> None:
    trained = train(replace(SMALL, precision="bf16"), load(), tmp_path / "run")
    assert trained.kept.accuracy > 0.9
    assert all(value.dtype == torch.float32 for value in trained.model.state_dict().values())


def test_fp16_needs_a_gpu(load: Load, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match="precision is 'fp16'; on a CPU it must be fp32 or bf16"):
        train(replace(TINY, precision="fp16"), load(2), tmp_path / "run")
