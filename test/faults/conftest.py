# SPDX-License-Identifier: Apache-2.0
"""Real processes, and what is done to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))  # for harness/

from harness.fixtures import (  # noqa: F401
    another_peer,
    bridge,
    camera,
    model,
    peer,
    segmenter,
    server,
    slow_model,
    start_server,
)

_NEEDS = {
    "test_bridge.py": ("rclpy", "carla"),
    "test_chain.py": ("rclpy", "carla", "aiohttp"),
    "test_perception.py": ("rclpy",),
    "test_playback.py": ("carla",),
    "test_view.py": ("rclpy", "aiohttp"),
}
collect_ignore = [name for name, needs in _NEEDS.items() if not all(map(find_spec, needs))]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a file system of so many bytes; it goes with the test."""
    from small_disk import small_disk

    with ExitStack() as mounts:
        yield lambda size: mounts.enter_context(small_disk(tmp_path / "disk", size))


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What processes of this test leave behind; they are started with its environment."""
    from left_behind import LeftBehind

    (tmp_path / "left").mkdir()
    result = LeftBehind(tmp_path / "left")
    for name, value in result.environment.items():
        monkeypatch.setenv(name, value)
    return result
