# SPDX-License-Identifier: Apache-2.0
"""Loading label sets: CARLA's own by name, a user's from a YAML file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

from unet_perception.errors import LabelSetError
from unet_perception.files.documents import DocumentError, parse_json, parse_yaml, read_text
from unet_perception.labels.label_set import LabelSet

BUILTIN_LABEL_SETS = ("carla-0.8", "carla-0.9.10", "carla-0.9.14")
"""13 classes up to CARLA 0.9.9, 23 for 0.9.10 to 0.9.13, 29 from 0.9.14."""

PARTIAL_LABEL_SETS = ("carla-roads",)
"""Sets of public data about CARLA whose classes are not all told apart (``stands_for``)."""

_SHIPPED = BUILTIN_LABEL_SETS + PARTIAL_LABEL_SETS


def load_label_set(name_or_path: str | Path) -> LabelSet:
    """Return a built-in label set by name, or read a user's YAML file.

    Args:
        name_or_path: One of ``BUILTIN_LABEL_SETS`` or ``PARTIAL_LABEL_SETS``, or the path of a
            YAML file.

    Raises:
        LabelSetError: Neither a known name nor a readable, valid file.
    """
    if str(name_or_path) in _SHIPPED:
        return _load_builtin(str(name_or_path))
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        raise LabelSetError(
            f"unknown label set {str(name_or_path)!r}; known are "
            f"{', '.join(_SHIPPED)}, or give the path of a .yaml file"
        )
    try:
        text = read_text(path)
    except (OSError, DocumentError) as error:
        raise LabelSetError(f"{path}: cannot be read: {error}") from error
    label_set = _parse(text, str(path))
    if label_set.name in _SHIPPED:
        raise LabelSetError(
            f"{path}: name is {label_set.name!r}, which is a built-in label set; "
            "choose another name"
        )
    return label_set


def read_label_set(text: str, where: str) -> LabelSet:
    """Read a label set as ``~/labels`` has it: JSON.

    Args:
        text: What a message of the topic holds.
        where: The topic, for messages.

    Raises:
        LabelSetError: It is no valid label set.
    """
    return _parse(text, where, parse_json)


@cache
def _load_builtin(name: str) -> LabelSet:
    text = resources.files("unet_perception.labels").joinpath(f"{name}.yaml").read_text("utf-8")
    return _parse(text, name)


def _parse(text: str, where: str, parse: Callable[[str], object] = parse_yaml) -> LabelSet:
    try:
        data = parse(text)
    except DocumentError as error:
        raise LabelSetError(f"{where}: {error}") from error
    return LabelSet.from_dict(data, where)
