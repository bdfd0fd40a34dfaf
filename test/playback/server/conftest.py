# SPDX-License-Identifier: Apache-2.0
"""The real client beside a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def connect() -> Callable[..., Any]:
    """Makes real clients."""
    carla = pytest.importorskip("carla", reason="the carla client is not installed")

    def make(server: Any, timeout: float = 10.0) -> Any:
        client = carla.Client("127.0.0.1", server.port, 8)
        client.set_timeout(timeout)
        return client

    return make
