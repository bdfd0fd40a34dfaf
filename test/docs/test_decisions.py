# SPDX-License-Identifier: Apache-2.0
"""Every decision has context, choice and price, and its line in the list, oldest first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "decisions"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "index")
ROW = re.compile(r"^\| \[(.+)\]\((.+)\) \| (\d{4}-\d\d-\d\d) \|$", re.MULTILINE)
LISTED = ROW.findall((FOLDER / "index.md").read_text())


def test_all_are_listed_by_date() -> None:
    assert sorted(name for _, name, _ in LISTED) == [path.name for path in PAGES]
    dates = [date for *_, date in LISTED]
    assert dates == sorted(dates)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_parts(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert (lines[0].removeprefix("# "), page.name, lines[2].strip("*")) in LISTED
    heads = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert heads == ["Context", "Choice", "Price"]
