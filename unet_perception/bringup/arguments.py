# SPDX-License-Identifier: Apache-2.0
"""Arguments of a launch file: texts, checked before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from unet_perception.errors import ConfigError
from unet_perception.options.option import Option, Value

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def text(value: Value) -> str:
    """Return a value as launch has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_arguments(options: Iterable[Option], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of each argument.

    Args:
        options: What can be given.
        given: A text for each of them.

    Raises:
        ConfigError: Names the argument, what it is and what it must be.
    """
    return {option.name: _read(option, given[option.name].strip()) for option in options}


def _read(option: Option, given: str) -> Value:
    try:
        return option.check(_typed(given, type(option.default)))
    except (ConfigError, ValueError, KeyError):
        raise ConfigError(
            f"argument {option.name} is {given!r}; it must be {option.allowed}"
        ) from None


def _typed(given: str, wanted: type) -> Value:
    if wanted is bool:
        return BOOLEANS[given.lower()]
    number: Value = wanted(given)
    return number


def changed(options: Iterable[Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not the defaults: what a parameter file must not win over."""
    return {x.name: values[x.name] for x in options if values[x.name] != x.default}


def refuse_idle(options: Iterable[Option], values: Mapping[str, Any], why: str) -> None:
    """Refuse arguments that would do nothing.

    Raises:
        ConfigError: One of them was given.
    """
    for name, value in changed(options, values).items():
        raise ConfigError(f"argument {name} is {text(value)!r}, but {why}; leave it out")


def refuse_unknown(given: Collection[str], options: Iterable[Option]) -> None:
    """Refuse a mistyped argument, which launch itself would take without a word.

    Raises:
        ConfigError: A name is not known.
    """
    names = {option.name for option in options}
    for name in given:
        if name not in names:
            raise ConfigError(f"argument {name} is not known; known are {', '.join(sorted(names))}")
