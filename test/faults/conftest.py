# SPDX-License-Identifier: Apache-2.0
"""Real processes, and what is done to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))  # for harness/

from harness.fixtures import (  # noqa: E402, F401
    another_peer,
    bridge,
    camera,
    domain,
    model,
    peer,
    segmenter,
    server,
    slow_model,
    start_server,
)

_NEEDS = {"rclpy": ["test_perception.py", "test_view.py"], "carla": ["test_bridge.py"]}

collect_ignore = [name for package, names in _NEEDS.items() if not find_spec(package) for name in names]
if not find_spec("rclpy"):
    collect_ignore.append("test_bridge.py")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a file system of so many bytes; it goes with the test."""
    from small_disk import mounted

    with ExitStack() as mounts:
        yield lambda size: mounts.enter_context(mounted(tmp_path / "disk", size))
