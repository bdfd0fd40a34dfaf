# SPDX-License-Identifier: Apache-2.0
"""JSON and YAML that others wrote, as plain data, with limits that hold before memory is taken.

A few hundred bytes can ask for gigabytes (YAML's aliases of aliases) or for more stack than there
is (brackets within brackets), and either reader answers odd text with errors of a dozen kinds.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 16 << 20
"""Of a file; the largest here is the plan of a recording with thousands of sets."""

MAX_DEPTH = 64
"""Lists and mappings within each other; a deep Keras model has a dozen."""

_OPENERS = ("[", "{")
_ODD_YAML = (
    *(yaml.YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    RecursionError,
)
"""What PyYAML raises for text that is no YAML, or whose values are none: ``!!int ""``, say."""


class DocumentError(ValueError):
    """Text is no document of its form, or one beyond the limits."""


def read_text(path: Path, most: int = MAX_BYTES) -> str:
    """Read a text file in UTF-8.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read.
        DocumentError: It is larger, or not UTF-8.
    """
    with Path(path).open("rb") as file:
        # One more than is allowed: a pipe or a device does not tell its size.
        data = file.read(most + 1)
    if len(data) > most:
        raise DocumentError(f"it has more than {most} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"it is not a text file in UTF-8: {error}") from error


def parse_json(text: str | bytes, finite: bool = False) -> Any:
    """Return what JSON says.

    Args:
        text: JSON; bytes are in UTF-8.
        finite: Refuse NaN and Infinity, which Python reads and JSON does not have.

    Raises:
        DocumentError: It is no JSON, or nested too deeply.
    """
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        data = json.loads(text, parse_constant=_refuse_constant if finite else None)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"it is not valid JSON: {error}") from error
    # No document is deeper than its text has brackets: most are not looked at again.
    if sum(map(text.count, _OPENERS)) > MAX_DEPTH:
        _check_depth(data)
    return data


def parse_yaml(text: str) -> Any:
    """Return what YAML says: plain data, each key once, without aliases.

    Raises:
        DocumentError: It is no such YAML.
    """
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except _ODD_YAML as error:
        raise DocumentError(f"it is not valid YAML: {' '.join(str(error).split())}") from error


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML with limits, in which a key that comes twice is an error, not the last one."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases, which are not read here: write it out")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError(f"it is nested more than {MAX_DEPTH} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"key {key} comes twice", problem_mark=key_node.start_mark
                    )
                seen.add(key)
        return super().construct_mapping(node, deep)


def _check_depth(data: Any) -> None:
    level = [data]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise DocumentError(f"it is nested more than {MAX_DEPTH} deep")


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")
