# SPDX-License-Identifier: Apache-2.0
"""What a user can set: one table of options for each node, checked before anything starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unet_perception.errors import ConfigError

Value = bool | int | float | str | list[str]

ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides.")
"""Parameters, or the beginnings of them, that belong to every ROS node."""


@dataclass(frozen=True)
class Option:
    """One parameter.

    Attributes:
        name: Its name.
        default: Its default, which also sets its type.
        description: What it does.
        allowed: What it may be, in words.
        accepts: Tells whether a value of the right type is allowed.
        live: A change acts at once; else when the node is configured, or at its start.
    """

    name: str
    default: Value
    description: str
    allowed: str
    accepts: Callable[[Any], bool] = lambda value: True
    live: bool = False

    def check(self, value: object) -> Value:
        """Return the value in the option's type.

        Raises:
            ConfigError: The value has another type or is not allowed.
        """
        wanted = type(self.default)
        if wanted is float and type(value) is int:
            value = float(value)
        if wanted is list:
            value = _words(value)
        if type(value) is not wanted or not self.accepts(value):
            raise ConfigError(f"parameter {self.name} is {value!r}; it must be {self.allowed}")
        return value


def read_options(options: tuple[Option, ...], given: Mapping[str, object]) -> dict[str, Any]:
    """Return a value for each option, given or default.

    Raises:
        ConfigError: A value is not allowed, or a name is not known (a typing error would
            otherwise pass as the default).
    """
    names = {option.name for option in options}
    for name in given:
        if name not in names and not name.startswith(ROS_OWN):
            raise ConfigError(
                f"parameter {name} is not known; known are {', '.join(sorted(names))}"
            )
    return {option.name: option.check(given.get(option.name, option.default)) for option in options}


def switch(name: str, default: bool, description: str, live: bool = False) -> Option:
    """Return an option that is true or false."""
    return Option(name, default, description, "true or false", live=live)


def choice(name: str, default: str, description: str, choices: Collection[str]) -> Option:
    """Return an option that is one of some words."""
    words = f"one of {', '.join(choices)}"
    return Option(name, default, description, words, lambda value: value in choices)


def number(
    name: str, default: float, description: str, low: float, high: float, live: bool = False
) -> Option:
    """Return an option that is a number from ``low`` to ``high``; a whole one as its default."""
    kind = "a whole number" if isinstance(default, int) else "a number"
    words = f"{kind} from {low:.10g} to {high:.10g}"
    return Option(name, default, description, words, Range(low, high), live)


def some_of(choices: Collection[str]) -> Callable[[Any], bool]:
    """Accept a list of some of these words, none twice; ``[""]`` is the empty list."""

    def accepts(values: list[str]) -> bool:
        given = [value for value in values if value]
        return len(set(given)) == len(given) and set(given) <= set(choices)

    return accepts


@dataclass(frozen=True)
class Range:
    """Accepts a number between two others, or one of them; ROS is told the range as well."""

    low: float
    high: float

    def __call__(self, value: Any) -> bool:
        """Return whether the number is within."""
        return math.isfinite(value) and self.low <= value <= self.high


def file_or_nothing(value: str) -> bool:
    """Accept the path of a file that is there, or an empty text."""
    return not value or _is(Path.is_file, value)


def folder_or_nothing(value: str) -> bool:
    """Accept the path of a folder that is there, or an empty text."""
    return not value or _is(Path.is_dir, value)


def _is(kind: Callable[[Path], bool], value: str) -> bool:
    try:
        return kind(Path(value).expanduser())
    except (OSError, RuntimeError):
        # A name that is too long for any file; the home of a user that there is not.
        return False


def _words(value: object) -> object:
    # rclpy gives arrays of strings as lists, and tuples from overrides.
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return list(value)
    return value
