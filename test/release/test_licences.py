# SPDX-License-Identifier: Apache-2.0
"""No dependency has a licence that is unknown or not allowed."""

from __future__ import annotations

import importlib.metadata
import sys
from email.message import Message

import licences
import pytest
from locked import TEST, read_lock

# The page is written with this one; of others only what is installed differs.
PAGE_PYTHON = (3, 11)


def test_every_licence_is_known_and_allowed() -> None:
    assert licences.problems() == []


def test_the_page_is_the_one_that_the_lock_gives() -> None:
    text = licences.PAGE.read_text(encoding="utf-8")
    for package in read_lock(TEST):
        assert f"| {package.name} | " in text
    if sys.version_info[:2] == PAGE_PYTHON:
        assert text == licences.page()


def test_what_is_stated_by_hand_is_in_the_lock() -> None:
    assert set(licences.rules().stated) <= {package.name for package in read_lock(TEST)}


@pytest.mark.parametrize(
    ("expression", "allowed", "in_tests"),
    [
        ("MIT", True, True),
        ("Apache-2.0 WITH LLVM-exception", True, True),
        ("MIT AND (BSD-3-Clause OR GPL-3.0-only)", True, True),
        ("GPL-3.0-only", False, False),
        ("MIT AND GPL-3.0-or-later", False, False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False, False),
        ("LicenseRef-NVIDIA", False, True),
        ("LicenseRef-Something", False, False),
    ],
)
def test_all_parts_of_an_and_one_of_an_or(expression: str, allowed: bool, in_tests: bool) -> None:
    assert licences.is_allowed(expression) == allowed
    assert licences.is_allowed(expression, in_tests=True) == in_tests


class Packages(importlib.metadata.Distribution):
    """A package that says of its licence what a test wants."""

    def __init__(self, **headers: str) -> None:
        self._message = Message()
        for name, value in headers.items():
            self._message[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        return self._message

    def read_text(self, filename: str) -> None:
        return None

    def locate_file(self, path: object) -> object:
        return path


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"License_Expression": "MIT OR Apache-2.0", "License": "x"}, "MIT OR Apache-2.0"),
        ({"License": "Apache License, Version 2.0"}, "Apache-2.0"),
        ({"License": "UNKNOWN", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "a licence of my own"}, ""),
        ({"License_Expression": "MIT AND Nonsense-1"}, ""),
        ({}, ""),
    ],
)
def test_words_of_the_metadata(
    headers: dict[str, str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Packages(**headers))
    assert licences.licence.__wrapped__("some-package") == found
