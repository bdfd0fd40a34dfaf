# SPDX-License-Identifier: Apache-2.0
"""A playback server, CARLA's own client in a bridge, and the test's own ROS node."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

collect_ignore_glob = [] if find_spec("rclpy") and find_spec("carla") else ["test_*.py"]


@pytest.fixture
def start_server(
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Starts servers that play the numbered pairs; sessions with them leave notes of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return lambda *options: start_carla_server("--data", str(numbered_pairs), *options)


@pytest.fixture
def server(request: Any, start_server: Callable[..., Any]) -> Any:
    """A server; a test may ask for more of its options by indirect parameters."""
    return start_server(*getattr(request, "param", ()))


@pytest.fixture
def bridge(peer: Any, server: Any) -> Callable[..., Any]:
    """Starts a bridge to the server."""

    def start(**given: object) -> Any:
        parameters = {"port": server.port, **given}
        flags = [x for key, value in parameters.items() for x in ("-p", f"{key}:={value}")]
        return peer.start("carla_bridge", "--ros-args", *flags)

    return start
