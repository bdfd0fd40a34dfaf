# SPDX-License-Identifier: Apache-2.0
"""Recipes by name, from ``config/training.yaml``, and what a user changes about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unet_perception.errors import ConfigError
from unet_perception.files.documents import DocumentError, parse_yaml, read_text
from unet_perception.files.share import share_path
from unet_perception.training.augment import Augmentation
from unet_perception.training.recipe import Recipe

DEFAULT_PRESET = "default"
NONE = "none"
PRESETS_FILE = "config/training.yaml"


def load_recipe(
    preset: str = "", config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Recipe:
    """Return a recipe.

    Args:
        preset: Name of a preset; empty takes the one that ``config`` names, or the default.
        config: YAML file of a user: keys of a recipe, and optionally ``preset``.
        overrides: Values by key, ``augment.rain`` and so on for the augmentation; they win.

    Raises:
        ConfigError: A preset or key is unknown, a file is unreadable, or a value is outside what
            is allowed.
        LabelSetError: The label set is unknown.
    """
    own = _read(config) if config else {}
    named = own.pop("preset", DEFAULT_PRESET)
    values = _preset(preset or named)
    _merge(values, own)
    for key, value in (overrides or {}).items():
        first, dot, rest = key.partition(".")
        _merge(values, {first: {rest: value}} if dot else {key: value})
    return Recipe.from_dict(values)


def parse_overrides(texts: Sequence[str]) -> dict[str, Any]:
    """Return values by key from ``KEY=VALUE`` texts; a value is read as YAML.

    Raises:
        ConfigError: A text has no ``=``, or its value is no YAML.
    """
    values = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise ConfigError(f"set is {text!r}; it must be KEY=VALUE, such as augment.rain=0.2")
        try:
            values[key] = parse_yaml(value)
        except DocumentError as error:
            raise ConfigError(f"set {key} is {value!r}, which is no YAML value") from error
    return values


def _preset(name: str) -> dict[str, Any]:
    presets = _presets()
    if not isinstance(name, str) or name not in presets:
        raise ConfigError(f"preset is {name!r}; it must be one of {', '.join(presets)}")
    chosen = dict(presets[name])
    base = chosen.pop("base", None)
    values = _preset(base) if base else {}
    _merge(values, chosen)
    return values


def _presets() -> Mapping[str, Mapping[str, Any]]:
    path = share_path(PRESETS_FILE)
    if path is None:
        raise ConfigError(f"{PRESETS_FILE} is missing; the package is not installed as a whole")
    presets: Mapping[str, Mapping[str, Any]] = _read(path)["presets"]
    return presets


def _read(path: Path) -> dict[str, Any]:
    try:
        data = parse_yaml(read_text(path))
    except (OSError, DocumentError) as error:
        raise ConfigError(f"config {path}: cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"config {path}: must be a mapping of a recipe's keys to values")
    return data


def _merge(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change values; of the augmentation only what is named."""
    for key, value in changes.items():
        if isinstance(value, Mapping) and key == "augment":
            before = values.get(key, {})
            if before == NONE:
                before = Augmentation.none().as_dict()
            elif not isinstance(before, Mapping):
                raise ConfigError(f"augment is {before!r}; it must be a mapping of its settings")
            values[key] = {**before, **value}
        else:
            values[key] = value
