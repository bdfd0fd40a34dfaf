# SPDX-License-Identifier: Apache-2.0
"""What the pages tell people to type is there: verbs, options, launch arguments, links."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from unet_perception.bringup.recording import RECORD_SYSTEM
from unet_perception.bringup.systems import CARLA_SYSTEM, PERCEPTION_SYSTEM, PLAYBACK_SYSTEM
from unet_perception.cli.main import VERBS

REPO = Path(__file__).resolve().parent.parent.parent
PAGES = [REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").rglob("*.md"))]

SYSTEMS = {
    "carla": CARLA_SYSTEM,
    "perception": PERCEPTION_SYSTEM,
    "playback": PLAYBACK_SYSTEM,
    "record": RECORD_SYSTEM,
}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(
    r"`((?:benchmarks|config|docs|examples|fuzz|launch|models|release|test|unet_perception)/[\w/.]+)"
)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def commands(page: Path, *first: str) -> Iterator[list[str]]:
    """The words of each command in the page's shell blocks that begins with these."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.split()[: len(first)] == list(first):
                yield shlex.split(line, comments=True)[len(first) :]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def verbs() -> dict[str, argparse.ArgumentParser]:
    subparsers = argparse.ArgumentParser().add_subparsers()
    for verb in VERBS:
        verb.add_parser(subparsers)
    return dict(subparsers.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    found: set[str] = set()
    for action in parser._actions:
        found.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found |= options(inner)
    return found


@each_page
def test_verbs_and_their_options_are_there(
    page: Path, verbs: dict[str, argparse.ArgumentParser]
) -> None:
    for verb, *words in commands(page, "unet-perception"):
        if verb.startswith("-"):
            continue
        assert verb in verbs, words
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in options(verbs[verb]), (verb, words)


@each_page
def test_launch_files_and_their_arguments_are_there(page: Path) -> None:
    for name, *words in commands(page, "ros2", "launch", "unet_perception"):
        assert (REPO / "launch" / name).is_file()
        known = {option.name for option in SYSTEMS[name.removesuffix(".launch.py")]}
        for word in words:
            if ":=" in word:
                assert word.partition(":=")[0] in known, (name, words)


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


@each_page
def test_files_that_are_named_are_there(page: Path) -> None:
    for name in FILE.findall(page.read_text()):
        # NAME stands for one that is to be.
        assert "NAME" in name or (REPO / name).exists(), name
