# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every part of the suite shares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for carla_server

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repo() -> Path:
    """The source tree."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real CARLA frames and golden outputs, which lie beside the source tree or nowhere."""
    path = REPO.parent / "shared"
    if not path.is_dir():
        pytest.skip("no ../shared with real CARLA frames and golden outputs")
    return path


@pytest.fixture
def start_carla_server(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts playback servers with the options given; they end with the test."""
    from carla_server import CarlaServer

    started: list[CarlaServer] = []

    def start(*arguments: str, port: int = 0) -> CarlaServer:
        started.append(CarlaServer(tmp_path, *arguments, port=port))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def carla_server(start_carla_server: Callable[..., Any]) -> Any:
    """A playback server of the built-in street; it has ``.port``."""
    return start_carla_server()
