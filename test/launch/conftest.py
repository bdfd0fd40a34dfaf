# SPDX-License-Identifier: Apache-2.0
"""Tests of the launch files: with a stand-in for ``launch``, and with ``launch`` itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# For launch_harness/, and for harness/ of the integration tests.
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from harness.fixtures import peer  # noqa: F401
from launch_harness.required import missing

# Not skipped by themselves: a module that skips while launch_testing's plugin looks at it
# takes the whole session with it. test_launch_files.py skips a test in their place.
collect_ignore = ["test_playback.py", "test_running.py"] if missing() else []


@pytest.fixture
def launch_file(domain: int, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Runs launch files with ``launch`` itself; what they started ends with the test."""
    from launch_harness.real import Launched

    running: list[Any] = []

    def start(file: str, *given: str, **environment: str) -> Any:
        running.append(Launched(tmp_path, domain, file, *given, **environment))
        return running[-1]

    yield start
    for each in running:
        each.kill()
