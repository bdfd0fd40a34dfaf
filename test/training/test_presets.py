# SPDX-License-Identifier: Apache-2.0
"""Where a recipe's values come from, and which of them counts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from unet_perception.errors import ConfigError
from unet_perception.training.augment import Augmentation
from unet_perception.training.presets import load_recipe, parse_overrides
from unet_perception.training.recipe import Recipe


def test_the_seed_preset_is_the_classic_recipe() -> None:
    assert load_recipe("seed") == Recipe()


def test_every_shipped_preset_is_a_recipe(repo: Path) -> None:
    names = yaml.safe_load((repo / "config" / "training.yaml").read_text())["presets"]
    assert {"seed", "default", "hd"} <= set(names)
    recipes = {name: load_recipe(name) for name in names}
    assert load_recipe() == recipes["default"]
    assert recipes["default"].augment != Augmentation.none()
    assert recipes["hd"].height > recipes["default"].height


def test_a_file_counts_more_than_the_preset_and_the_command_line_more_than_both(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("preset: seed\nepochs: 7\nbatch_size: 8\naugment: {flip: 0.5}\n")
    recipe = load_recipe(config=own, overrides=parse_overrides(["epochs=9", "augment.rain=0.25"]))
    assert (recipe.epochs, recipe.batch_size, recipe.shuffle_buffer) == (9, 8, 500)
    # What was not named stays as the preset has it: nothing else is varied.
    none = Augmentation.none().as_dict()
    assert recipe.augment.as_dict() == {**none, "flip": 0.5, "rain": 0.25}
    assert load_recipe("default", own).optimizer == load_recipe("default").optimizer
    assert load_recipe("default", overrides={"augment": "none"}).augment == Augmentation.none()


def test_one_setting_of_the_augmentation_leaves_the_others() -> None:
    before = load_recipe("default").augment.as_dict()
    after = load_recipe("default", overrides={"augment.rain": 0.75}).augment.as_dict()
    assert after == {**before, "rain": 0.75}


@pytest.mark.parametrize(
    ("preset", "overrides", "words"),
    [
        ("fast", [], "preset is 'fast'; it must be one of seed, default, hd"),
        ("", ["epochs"], "set is 'epochs'; it must be KEY=VALUE"),
        ("", ["=3"], "set is '=3'"),
        ("", ["epochs=[3"], "epochs is '[3', which is no YAML"),
        ("", ["epochs=soon"], "epochs is 'soon'; it must be a whole number"),
        ("", ["augment.snow=1"], "unknown key augment.snow"),
        ("", ["depth=3"], "unknown key depth; allowed are"),
    ],
)
def test_what_is_wrong_is_named(preset: str, overrides: list[str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe(preset, overrides=parse_overrides(overrides))
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_a_file_that_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(ConfigError, match="own.yaml"):
        load_recipe(config=own)
    with pytest.raises(ConfigError, match="absent.yaml"):
        load_recipe(config=tmp_path / "absent.yaml")
