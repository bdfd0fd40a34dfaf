# SPDX-License-Identifier: Apache-2.0
"""What runs before a commit is what ``make lint`` runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parent.parent.parent
HOOKS = REPO / ".pre-commit-config.yaml"


def test_hooks_are_the_lines_of_make_lint() -> None:
    if not HOOKS.is_file():
        pytest.skip("an sdist has no hidden files")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (REPO / "Makefile").read_text(), re.MULTILINE)
    assert recipe
    lines = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    (own,) = yaml.safe_load(HOOKS.read_text())["repos"]
    assert [hook["entry"] for hook in own["hooks"]] == lines
    assert not any(hook["pass_filenames"] for hook in own["hooks"])
