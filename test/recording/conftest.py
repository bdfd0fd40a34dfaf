# SPDX-License-Identifier: Apache-2.0
"""Recorders as processes, and the server that they record from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from recording_process import RecordingProcess


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., RecordingProcess]]:
    """Starts recorders; none outlives the test."""
    started: list[RecordingProcess] = []

    def start(server: Any, *arguments: str, out: str = "out") -> RecordingProcess:
        started.append(RecordingProcess(tmp_path / out, server.port, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def server(start_carla_server: Callable[..., Any], numbered_pairs: Path) -> Any:
    """A server whose pictures tell their number."""
    return start_carla_server("--data", str(numbered_pairs))
