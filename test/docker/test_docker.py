# SPDX-License-Identifier: Apache-2.0
"""Dockerfiles and devcontainer, as far as can be seen without Docker: what they name is there."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

DISTRIBUTIONS = ("jazzy", "kilted")
LAUNCHED = re.compile(r"launch unet_perception (\w+\.launch\.py)")


def instructions(path: Path) -> list[list[str]]:
    """Each instruction with its words; comments and line ends are gone."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip()]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_is_copied_is_there_and_is_all_that_setup_needs(distribution: str, repo: Path) -> None:
    copied: set[str] = set()
    for instruction, *words in instructions(repo / "docker" / f"Dockerfile.{distribution}"):
        if instruction == "COPY":
            for source in words[:-1]:
                assert (repo / source).exists(), source
                copied.add(source)
    setup = (repo / "setup.py").read_text()
    for folder in set(
        re.findall(r'"(config|launch|models|resource|scripts|unet_perception)\b', setup)
    ):
        assert folder in copied
    assert {"package.xml", "setup.py", "setup.cfg", "pyproject.toml", "README.md"} <= copied


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_one_distribution_from_first_to_last(distribution: str, repo: Path) -> None:
    text = (repo / "docker" / f"Dockerfile.{distribution}").read_text()
    (other,) = set(DISTRIBUTIONS) - {distribution}
    assert f"FROM ros:{distribution}-ros-base\n" in text
    assert other not in text
    for name in LAUNCHED.findall(text.replace('", "', " ")):
        assert (repo / "launch" / name).is_file()
    assert os.access(repo / "docker" / "entrypoint.sh", os.X_OK)


def test_both_are_the_same_but_for_the_distribution(repo: Path) -> None:
    jazzy, kilted = (
        (repo / "docker" / f"Dockerfile.{name}").read_text().lower().replace(name, "x")
        for name in DISTRIBUTIONS
    )
    assert jazzy == kilted


def test_pip_installs_what_setup_asks_for(repo: Path) -> None:
    setup = (repo / "setup.py").read_text()
    (wanted,) = [
        words[2:]
        for instruction, *words in instructions(repo / "docker" / "Dockerfile.jazzy")
        if instruction == "RUN" and words[0] == "pip"
    ]
    for requirement in wanted[1:]:
        if not requirement.startswith("numpy"):
            assert f'"{requirement.partition(";")[0]}' in setup, requirement


def test_the_devcontainer_builds_one_of_them(repo: Path) -> None:
    folder = repo / ".devcontainer"
    build = json.loads((folder / "devcontainer.json").read_text())["build"]
    assert (folder / build["dockerfile"]).resolve() == repo / "docker" / "Dockerfile.jazzy"
    assert (folder / build["context"]).resolve() == repo
