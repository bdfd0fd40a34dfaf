# SPDX-License-Identifier: Apache-2.0
"""Every finding has the form that makes it safe to run anywhere; none is run here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
PIP = "python3 -m pip --python venv "
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,-]+\])?==[0-9][0-9A-Za-z.+]*")


def lines(script: Path) -> list[str]:
    # A command that goes on behind a backslash is one line.
    return script.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def installed(script: Path) -> list[str]:
    """What ``pip install`` is given, options left out."""
    pip = [line.partition(" install ")[2] for line in lines(script) if line.startswith(PIP)]
    return [word for line in pip for word in shlex.split(line) if not word.startswith("-")]


def test_the_folder_holds_scripts_and_a_page_that_lists_them_all() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[`[^`]+`\]\(([^)]+)\)", page, re.MULTILINE)
    assert listed == [script.name for script in SCRIPTS]
    assert {path.name for path in FOLDER.iterdir()} == {*listed, "README.md"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
class TestEachFinding:
    def test_it_is_an_executable_that_stops_at_the_first_error(self, script: Path) -> None:
        assert os.access(script, os.X_OK)
        first, second, *rest = lines(script)
        assert first == "#!/usr/bin/env bash"
        assert second == "# SPDX-License-Identifier: Apache-2.0"
        code = [line for line in rest if line and not line.startswith("#")]
        assert code[0] == "set -euo pipefail"

    def test_it_works_in_a_folder_of_its_own_that_it_removes(self, script: Path) -> None:
        code = lines(script)
        at = code.index("folder=$(mktemp -d)")
        assert code[at + 1 : at + 3] == ["""trap 'rm -rf "$folder"' EXIT""", 'cd "$folder"']
        assert "python3 -m venv --without-pip venv" in code[at:]

    def test_every_package_is_pinned_and_none_is_ours(self, script: Path) -> None:
        naming = [line for line in lines(script) if " install " in line]
        assert all(line.startswith((PIP, "#")) for line in naming)
        packages = installed(script)
        assert packages
        assert [name for name in packages if PINNED.fullmatch(name) is None] == []
        assert "unet_perception" not in script.read_text(encoding="utf-8")

    def test_it_says_what_was_expected_and_seen_and_fails_when_that_changes(
        self, script: Path
    ) -> None:
        text = script.read_text(encoding="utf-8")
        assert re.search(r"^# Expected: ", text, re.MULTILINE)
        assert re.search(r"^# Seen: ", text, re.MULTILINE)
        assert "CHANGED" in text


def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", *map(str, SCRIPTS)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
