# SPDX-License-Identifier: Apache-2.0
"""Documents of others are read as plain data within limits, or refused with one kind of error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import MAX_MESSAGE, ConfigError
from unet_perception.files.documents import (
    MAX_DEPTH,
    DocumentError,
    parse_json,
    parse_yaml,
    read_text,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(plain)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode()) == value


def test_yaml_is_read_as_plain_data() -> None:
    assert parse_yaml("a: [1, 2.5, yes]\nb: {c: text}") == {"a": [1, 2.5, True], "b": {"c": "text"}}
    assert parse_yaml("") is None


@pytest.mark.parametrize("read", [parse_json, parse_yaml])
def test_depth_has_a_limit(read: Any) -> None:
    allowed = MAX_DEPTH - 1
    assert read("[" * allowed + "]" * allowed)
    for depth in (MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(DocumentError, match="nested more than 64 deep|recursion"):
            read("[" * depth + "]" * depth)


def test_brackets_side_by_side_are_no_depth() -> None:
    assert len(parse_json(f"[{', '.join(['[]'] * 1000)}]")) == 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: 1\na: 2", "key a comes twice"),
        ('a: !!int ""', "not valid YAML"),
        ("a: 2001-99-99", "not valid YAML"),
        ("a: !!python/name:os.system", "not valid YAML"),
        ("? [1]\n: 2", "not valid YAML"),
    ],
)
def test_yaml_that_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        parse_yaml(text)


def test_json_that_is_refused() -> None:
    for text in ("{", b"\xff", "[1,]", "9" * 5000):
        with pytest.raises(DocumentError, match="not valid JSON"):
            parse_json(text)
    assert parse_json("[Infinity]") == [float("inf")]
    with pytest.raises(DocumentError, match="Infinity is no number"):
        parse_json("[Infinity]", finite=True)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("x" * 10)
    assert read_text(path, 10) == "x" * 10
    with pytest.raises(DocumentError, match="more than 9 bytes"):
        read_text(path, 9)
    # A device has no size to look at.
    with pytest.raises(DocumentError, match="more than 9 bytes"):
        read_text(Path("/dev/zero"), 9)
    path.write_bytes(b"\xff")
    with pytest.raises(DocumentError, match="not a text file in UTF-8"):
        read_text(path)


def test_messages_can_be_printed_and_are_not_endless() -> None:
    assert str(ConfigError("name is \udcff")) == "name is \\udcff"
    text = str(ConfigError("begin " + "x" * 100_000 + " end"))
    assert text.startswith("begin")
    assert text.endswith("end")
    assert len(text) < MAX_MESSAGE + 10
