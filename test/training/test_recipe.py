# SPDX-License-Identifier: Apache-2.0
"""The recipe: the classic values as defaults, and refusals."""

from __future__ import annotations

import json
import math

import pytest

from unet_perception.errors import ConfigError, LabelSetError
from unet_perception.training.augment import Augmentation
from unet_perception.training.recipe import Recipe, learning_rate_factor


def test_the_defaults_are_the_classic_recipe() -> None:
    recipe = Recipe()
    assert (recipe.epochs, recipe.batch_size, recipe.shuffle_buffer) == (5, 32, 500)
    assert recipe.input_size == recipe.training_size == (96, 128)
    assert recipe.learning_rate == 1e-3
    assert (recipe.optimizer, recipe.schedule, recipe.precision) == ("adam", "constant", "fp32")
    assert recipe.augment == Augmentation.none()
    assert recipe.n_filters == 32
    assert recipe.keep == "last"
    for key in ("weight_decay", "warmup", "ema_decay", "grad_clip", "dice", "lovasz"):
        assert getattr(recipe, key) == 0.0


def test_a_recipe_is_json() -> None:
    recipe = Recipe(epochs=7, augment=Augmentation(rain=0.5))
    assert Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe
    flat = recipe.flat()
    assert flat["epochs"] == 7
    assert flat["augment.rain"] == 0.5
    assert "augment" not in flat


def test_numbers_may_be_written_as_yaml_does_not_know_them() -> None:
    recipe = Recipe.from_dict({"learning_rate": "1e-4", "augment": {"rain": "2e-1"}})
    assert recipe.learning_rate == 1e-4
    assert recipe.augment.rain == 0.2


def test_a_part_of_the_input_may_be_trained_on() -> None:
    assert Recipe(crop_height=64, crop_width=0).training_size == (64, 128)
    with pytest.raises(ConfigError, match="crop_width is 129; it must be at most width"):
        Recipe(crop_width=129)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("epochs", 0, "epochs is 0; it must be a whole number 1 to"),
        ("epochs", 2.5, "epochs is 2.5; it must be a whole number"),
        ("epochs", True, "epochs is True"),
        ("batch_size", "32", "batch_size is '32'"),
        ("batch_size", 0, "batch_size is 0"),
        ("height", 8, "height is 8; it must be a whole number 16"),
        ("learning_rate", 0.0, "learning_rate is 0"),
        ("learning_rate", math.nan, "learning_rate is nan"),
        ("learning_rate", "fast", "learning_rate is 'fast'"),
        ("ema_decay", 1.0, "ema_decay is 1.0; it must be a number 0 to"),
        ("warmup", 2, "warmup is 2"),
        ("class_weights", "cube", "class_weights is 'cube'; it must be one of none, log, sqrt"),
        ("optimizer", "sgd", "optimizer is 'sgd'; it must be one of adam, adamw"),
        ("keep", "first", "keep is 'first'; it must be one of last, best"),
        ("precision", "int8", "precision is 'int8'; it must be one of auto, fp32, bf16, fp16"),
        ("schedule", "step", "schedule is 'step'"),
        ("augment", "heavy", "augment is 'heavy'"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_a_wrong_value_is_refused_by_key_and_value(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Recipe(**{key: value})  # type: ignore[arg-type]
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epoch": 3}, "unknown key epoch; allowed are epochs, batch_size"),
        ({"augment": {"snow": 1}}, "unknown key augment.snow; allowed are flip"),
        ({"augment": {"rain": "much"}}, "augment.rain is 'much'"),
        ({"augment": 3}, "augment is 3; it must be a mapping"),
        ({"lovasz": "some"}, "lovasz is 'some'; it must be a number"),
    ],
)
def test_a_wrong_key_is_refused_with_those_that_exist(
    values: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Recipe.from_dict(values)
    assert words in str(caught.value)


def test_an_unknown_label_set_is_refused() -> None:
    with pytest.raises(LabelSetError, match="carla-2"):
        Recipe(label_set="carla-2")


def test_the_learning_rate_rises_and_falls() -> None:
    constant = Recipe()
    assert {learning_rate_factor(constant, step, 10) for step in range(10)} == {1.0}
    cosine = Recipe(schedule="cosine", warmup=0.2)
    factors = [learning_rate_factor(cosine, step, 20) for step in range(21)]
    assert 0.0 < factors[0] < factors[3] < 1.0
    assert factors[:4] == sorted(factors[:4])
    assert factors[4] == 1.0
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert factors[-1] == pytest.approx(0.0)
    assert factors[12] == pytest.approx(0.5)
