# SPDX-License-Identifier: Apache-2.0
"""Scores after an epoch, of datasets that know all classes and of those that do not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.dataset import write_pair
from unet_perception.dataset.sources import Source
from unet_perception.evaluation.confusion import Confusion
from unet_perception.labels import load_label_set
from unet_perception.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.model.unet import UNet  # noqa: E402
from unet_perception.training.data import TrainingData, load_data  # noqa: E402
from unet_perception.training.distributed import World  # noqa: E402
from unet_perception.training.history import Checked, Epoch, best_of  # noqa: E402
from unet_perception.training.tally import Counts, count_answers  # noqa: E402
from unet_perception.training.targets import Targets  # noqa: E402
from unet_perception.training.validation import validate  # noqa: E402

RECIPE = Recipe(height=16, width=32, batch_size=2, n_filters=2)
NETWORK = load_label_set("carla-0.8")
ROADS = load_label_set("carla-roads")


class Fixed(UNet):
    """Answers with one class everywhere."""

    def __init__(self, answer: int) -> None:
        super().__init__(13, n_filters=2)
        with torch.no_grad():
            self.head.classifier.bias.zero_()
            self.head.classifier.weight.zero_()
            self.head.classifier.bias[answer] = 1.0
        self.eval()


@pytest.fixture
def data(tmp_path: Path, two_colours: Callable[..., Path]) -> TrainingData:
    whole = two_colours(count=8)
    partial = tmp_path / "roads"
    for number in range(8):
        ids = np.zeros((16, 32), np.uint8)
        ids[8:] = 7
        write_pair(partial, f"{number}", np.zeros((16, 32, 3), np.uint8), ids)
    sources = [
        Source(whole, hold_out=0.4),
        Source(partial, labels="carla-roads", hold_out=0.4),
    ]
    return load_data(sources, NETWORK)


def check(model: UNet, data: TrainingData, number: int) -> Checked:
    part = data.validation[number]
    return validate(model, part, data.targets, RECIPE, "fp32", World())


def test_a_dataset_that_knows_all_classes_is_scored_in_them(data: TrainingData) -> None:
    model = UNet(13, n_filters=2).eval()
    part = data.validation[0]
    confusion = Confusion(13)
    for index in range(len(part.examples)):
        image = torch.from_numpy(part.examples.image(index).copy()).permute(2, 0, 1)[None] / 255
        with torch.inference_mode():
            ids = model(image).argmax(1)[0].to(torch.uint8).numpy()
        confusion.update(part.examples.mask(index), ids)
    expected = confusion.scores()
    checked = check(model, data, 0)
    assert (checked.name, checked.label_set, checked.whole) == ("drive", "carla-0.8", True)
    assert checked.accuracy == pytest.approx(expected.accuracy)
    assert checked.miou == pytest.approx(expected.miou)


@pytest.mark.parametrize(("answer", "iou"), [(1, 0.5), (10, 0.5), (7, 0.5), (6, 0.0)])
def test_a_dataset_that_knows_less_is_scored_in_what_it_knows(
    answer: int, iou: float, data: TrainingData
) -> None:
    # Half is AnythingElse, half Roads; a building or a vehicle is right as AnythingElse.
    checked = check(Fixed(answer), data, 1)
    assert (checked.name, checked.label_set, checked.whole) == ("roads", "carla-roads", False)
    assert checked.accuracy == pytest.approx(iou)
    others = 3 if answer == 6 else 2
    assert checked.miou == pytest.approx(iou / others)


def test_answers_are_counted_by_training_id() -> None:
    targets = Targets(ROADS, ((0, 6), (7, 8)))
    rng = np.random.default_rng(0)
    masks = rng.choice([0, 6, 7, 8, 9, 10, 255], size=(2, 5, 6)).astype(np.uint8)
    logits = torch.from_numpy(rng.standard_normal((2, 9, 5, 6)).astype(np.float32))
    answers = logits.argmax(1).numpy()
    counted = count_answers(logits, torch.from_numpy(masks), targets).numpy()
    counts = Counts(targets, counted.copy())
    right = 0
    for truth, answer in zip(masks.ravel(), answers.ravel(), strict=True):
        if truth < 255:
            counts.matrix[truth, answer] -= 1
            right += bool(targets.members[truth, answer])
    assert not counts.matrix.any()
    counts = Counts(targets, counted)
    assert counts.pixels == int((masks < 255).sum())
    assert counts.accuracy == pytest.approx(right / counts.pixels)
    assert math.isnan(Counts(targets).accuracy)
    assert math.isnan(Counts(targets).scores().miou)


def epoch(number: int, *checked: tuple[float, bool]) -> Epoch:
    parts = tuple(
        Checked(f"d{i}", "s", miou, miou, whole) for i, (miou, whole) in enumerate(checked)
    )
    return Epoch(number, 1.0, 0.5, 0.25, 2.0, parts)


def test_an_epochs_score_is_of_the_datasets_that_know_all_classes() -> None:
    assert epoch(1, (0.2, True), (0.4, True), (0.9, False)).val_miou == pytest.approx(0.3)
    assert epoch(1, (0.9, False)).val_miou == 0.9
    assert epoch(1, (math.nan, True), (0.4, True)).val_miou == 0.4
    assert math.isnan(epoch(1).val_miou)
    history = [epoch(1, (0.2, True)), epoch(2, (0.5, True)), epoch(3, (0.5, True)), epoch(4)]
    assert best_of(history).number == 2
    assert best_of([epoch(1), epoch(2)]).number == 1


def test_an_epoch_is_json() -> None:
    import json

    for one in (epoch(1, (0.25, True), (0.5, False)), epoch(2)):
        text = json.dumps(one.as_dict(), allow_nan=False)
        assert Epoch.from_dict(json.loads(text)) == one
    unknown: dict[str, Any] = epoch(3, (math.nan, True)).as_dict()
    assert unknown["val_miou"] is None
    assert math.isnan(Epoch.from_dict(unknown).val_miou)
