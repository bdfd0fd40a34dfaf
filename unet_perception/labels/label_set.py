# SPDX-License-Identifier: Apache-2.0
"""A label set: ids, names and colours that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import LabelSetError

UNLABELED = 255
"""The id of a pixel without a class (``vision_msgs/LabelInfo`` calls it UNLABELED)."""

MAX_ID = 254

REST = "rest"
"""In ``stands_for``: all classes of the other set that no other class stands for."""


@dataclass(frozen=True)
class LabelClass:
    """One class.

    Attributes:
        id: Value of its pixels in a mask, 0 to 254.
        name: Name as CARLA spells it.
        color: Red, green and blue, 0 to 255 each.
        stands_for: Names of the classes of another set that this one does not tell apart, or
            ``REST`` alone; empty where the class is what its name says.
    """

    id: int
    name: str
    color: tuple[int, int, int]
    stands_for: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the class as plain data."""
        row: dict[str, Any] = {"id": self.id, "name": self.name, "color": list(self.color)}
        if self.stands_for:
            row["stands_for"] = REST if self.stands_for == (REST,) else list(self.stands_for)
        return row


@dataclass(frozen=True)
class LabelSet:
    """Classes under one name, such as ``carla-0.9.14``; ordered by id."""

    name: str
    classes: tuple[LabelClass, ...]

    @classmethod
    def from_dict(cls, data: object, where: str = "label set") -> LabelSet:
        """Build a label set from what a YAML or JSON file holds.

        Args:
            data: ``{"name": str, "classes": [{"id": int, "name": str, "color": [r, g, b]}]}``;
                a class may have ``"stands_for"``: a list of names, or ``"rest"``.
            where: Name of the file, for messages.

        Raises:
            LabelSetError: Something is missing, double or out of range; the message
                names ``where``, the key and the value.
        """
        if not isinstance(data, Mapping):
            raise LabelSetError(f"{where}: must be a mapping with 'name' and 'classes'")
        _refuse_unknown(data, {"name", "classes", "unlabeled"}, where)
        name = data.get("name")
        if not isinstance(name, str) or not name.strip():
            raise LabelSetError(f"{where}: name is {name!r}; it must be a non-empty string")
        rows = data.get("classes")
        if not isinstance(rows, list) or not rows:
            raise LabelSetError(f"{where}: classes is {rows!r}; it must be a non-empty list")
        classes = [_parse_class(row, f"{where}: classes[{i}]") for i, row in enumerate(rows)]
        ids: dict[int, str] = {}
        names: dict[str, int] = {}
        for label in classes:
            if label.id in ids:
                raise LabelSetError(
                    f"{where}: id {label.id} is given twice, to {ids[label.id]!r} and "
                    f"{label.name!r}"
                )
            if label.name in names:
                raise LabelSetError(
                    f"{where}: name {label.name!r} is given twice, to ids "
                    f"{names[label.name]} and {label.id}"
                )
            ids[label.id] = label.name
            names[label.name] = label.id
        return cls(name, tuple(sorted(classes, key=lambda label: label.id)))

    def as_dict(self) -> dict[str, Any]:
        """Return the set as plain data, as ``from_dict`` reads it and ``~/labels`` sends it."""
        return {
            "name": self.name,
            "classes": [label.as_dict() for label in self.classes],
            "unlabeled": UNLABELED,
        }

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """The ids, ascending."""
        return tuple(label.id for label in self.classes)

    @property
    def n_classes(self) -> int:
        """Channels that a network needs for these ids: the highest id plus one."""
        return self.ids[-1] + 1

    def by_id(self, class_id: int) -> LabelClass:
        """Return the class with this id.

        Raises:
            LabelSetError: The set has no such id.
        """
        for label in self.classes:
            if label.id == class_id:
                return label
        raise LabelSetError(
            f"label set {self.name} has no id {class_id}; its ids are {self.ids[0]} to "
            f"{self.ids[-1]}"
        )

    def by_name(self, name: str) -> LabelClass:
        """Return the class with this name, spelled exactly.

        Raises:
            LabelSetError: The set has no such name.
        """
        for label in self.classes:
            if label.name == name:
                return label
        known = ", ".join(label.name for label in self.classes)
        raise LabelSetError(f"label set {self.name} has no class {name!r}; it has {known}")

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """Colours as a ``(256, 3)`` uint8 RGB table; ids without a class are black."""
        table = np.zeros((256, 3), np.uint8)
        for label in self.classes:
            table[label.id] = label.color
        table.setflags(write=False)
        return table


def _refuse_unknown(data: Mapping[Any, Any], allowed: set[str], where: str) -> None:
    for key in data:
        if key not in allowed:
            raise LabelSetError(
                f"{where}: unknown key {key!r}; allowed are {', '.join(sorted(allowed))}"
            )


def _parse_class(row: object, where: str) -> LabelClass:
    if not isinstance(row, Mapping):
        raise LabelSetError(f"{where} is {row!r}; it must be a mapping with id, name and color")
    _refuse_unknown(row, {"id", "name", "color", "stands_for"}, where)
    class_id = row.get("id")
    if not _is_int(class_id) or not 0 <= class_id <= MAX_ID:
        raise LabelSetError(
            f"{where}: id is {class_id!r}; it must be a whole number from 0 to {MAX_ID} "
            f"({UNLABELED} means unlabeled)"
        )
    name = row.get("name")
    if not isinstance(name, str) or not name.strip():
        raise LabelSetError(f"{where}: name is {name!r}; it must be a non-empty string")
    color = row.get("color")
    if (
        not isinstance(color, (list, tuple))
        or len(color) != 3
        or not all(_is_int(value) and 0 <= value <= 255 for value in color)
    ):
        raise LabelSetError(
            f"{where}: color is {color!r}; it must be [red, green, blue], 0 to 255 each"
        )
    stands_for = _parse_stands_for(row.get("stands_for", []), where)
    return LabelClass(class_id, name, (color[0], color[1], color[2]), stands_for)


def _parse_stands_for(value: object, where: str) -> tuple[str, ...]:
    if value == REST:
        return (REST,)
    if not isinstance(value, list) or not all(
        isinstance(name, str) and name not in ("", REST) for name in value
    ):
        raise LabelSetError(
            f"{where}: stands_for is {value!r}; it must be a list of class names, or {REST!r}"
        )
    return tuple(value)


def _is_int(value: object) -> TypeGuard[int]:
    # YAML's true and false are ints to Python, but no ids and no colours.
    return isinstance(value, int) and not isinstance(value, bool)
