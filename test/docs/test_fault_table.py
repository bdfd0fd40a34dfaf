# SPDX-License-Identifier: Apache-2.0
"""The table of faults in the documentation is whole, and its tests exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

COMPONENTS = (
    "Perception",
    "Bridge",
    "Playback",
    "Live view",
    "Recorder",
    "Training",
    "Engine cache",
)
FAULTS = (
    "SIGTERM",
    "SIGKILL",
    "SIGSTOP for 10 s",
    "peer lost",
    "peer frozen",
    "garbage",
    "wrong version",
    "disk full",
    "read-only folder",
    "out of file handles",
    "out of memory in the engine",
    "clock jumps",
    "CPU starved",
)
MOST_UNTESTED = 5
"""Faults of one component that may have no test, because they cannot happen to it."""

REPO = Path(__file__).resolve().parent.parent.parent
TEST = re.compile(r"`(test/[\w/]+\.py)::(\w+)`")


def rows(component: str) -> list[tuple[str, str, str]]:
    """Fault, what holds, and test, of a section's table."""
    page = (REPO / "docs" / "faults.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0].strip(): part for part in page.split("\n## ")[1:]}
    assert component in sections, f"no section {component}; there are {', '.join(sections)}"
    lines = [line for line in sections[component].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["fault", "what holds", "test"]
    return [(fault, holds, test) for fault, holds, test in cells[2:]]


@cache
def functions(path: Path) -> frozenset[str]:
    """Names of a file's functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_fault_has_its_row(component: str) -> None:
    assert tuple(fault for fault, _, _ in rows(component)) == FAULTS


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_row_says_what_holds_and_which_test_shows_it(component: str) -> None:
    untested = 0
    for fault, holds, cell in rows(component):
        assert len(holds) > 10, fault
        if cell == "-":
            untested += 1
            continue
        named = TEST.findall(cell)
        assert named, f"{fault}: {cell}"
        assert TEST.sub("", cell).strip(" ,") == "", f"{fault}: {cell}"
        for path, name in named:
            assert (REPO / path).is_file(), f"{fault}: there is no {path}"
            assert name in functions(REPO / path), f"{fault}: {path} has no {name}"
    assert untested <= MOST_UNTESTED
