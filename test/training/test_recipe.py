# SPDX-License-Identifier: Apache-2.0
"""The recipe: the seed's values as defaults, and refusals."""

from __future__ import annotations

import json

import pytest

from unet_perception.errors import ConfigError, LabelSetError
from unet_perception.training.recipe import Recipe


def test_the_defaults_are_the_classic_recipe() -> None:
    recipe = Recipe()
    assert (recipe.epochs, recipe.batch_size, recipe.shuffle_buffer) == (5, 32, 500)
    assert recipe.input_size == (96, 128)
    assert recipe.learning_rate == 1e-3
    assert (recipe.schedule, recipe.augment, recipe.precision) == ("constant", "none", "fp32")
    assert recipe.n_filters == 32
    assert recipe.keep == "last"


def test_a_recipe_is_json() -> None:
    recipe = Recipe(epochs=7)
    assert Recipe(**json.loads(json.dumps(recipe.as_dict()))) == recipe


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("epochs", 0, "epochs is 0; it must be a whole number 1 to"),
        ("epochs", 2.5, "epochs is 2.5; it must be a whole number"),
        ("epochs", True, "epochs is True"),
        ("batch_size", "32", "batch_size is '32'"),
        ("batch_size", 0, "batch_size is 0"),
        ("height", 8, "height is 8; it must be a whole number 16"),
        ("learning_rate", 0.0, "learning_rate is 0.0"),
        ("learning_rate", float("nan"), "learning_rate is nan"),
        ("learning_rate", "fast", "learning_rate is 'fast'"),
        ("keep", "first", "keep is 'first'; it must be one of last, best"),
        ("precision", "fp16", "precision is 'fp16'; it must be one of fp32, bf16"),
        ("schedule", "step", "schedule is 'step'"),
        ("augment", "heavy", "augment is 'heavy'"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_a_wrong_value_is_refused_by_key_and_value(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Recipe(**{key: value})  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_an_unknown_label_set_is_refused() -> None:
    with pytest.raises(LabelSetError, match="carla-2"):
        Recipe(label_set="carla-2")
