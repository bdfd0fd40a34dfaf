# SPDX-License-Identifier: Apache-2.0
"""The real client beside a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def connect() -> Callable[..., Any]:
    """Makes real clients; none is freed before the process that uses them has left."""
    carla = pytest.importorskip("carla", reason="the carla client is not installed")

    made = []

    def make(server: Any, timeout: float = 10.0) -> Any:
        client = carla.Client("127.0.0.1", server.port, 8)
        client.set_timeout(timeout)
        made.append(client)
        return client

    return make
