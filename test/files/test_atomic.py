# SPDX-License-Identifier: Apache-2.0
"""A small file is replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from unet_perception.errors import DatasetError
from unet_perception.files.atomic import replace_bytes, replace_text


def test_the_new_text_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for text in ("old", "new, and längere"):
        replace_text(tmp_path / "a.json", text)
        assert (tmp_path / "a.json").read_text("utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_the_old_text_stays_when_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    replace_text(tmp_path / "a.json", "old")
    (tmp_path / ".a.json.tmp").mkdir()
    with pytest.raises(DatasetError, match=r"a\.json: cannot be written: Is a directory"):
        replace_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "old"
    with pytest.raises(DatasetError, match="No such file"):
        replace_text(tmp_path / "none" / "a.json", "new")


def test_whatever_ends_the_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        replace_bytes(tmp_path / "a.json", "no bytes")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
