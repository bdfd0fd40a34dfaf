# SPDX-License-Identifier: Apache-2.0
"""Folders whose pictures tell their number, and the real client beside a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.dataset import DatasetInfo, write_info, write_pair

PAIRS = 28


@pytest.fixture(scope="session")
def numbered_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pair N is ``(N, 2 N, 3)`` all over; its mask is class N."""
    root = tmp_path_factory.mktemp("pairs")
    for number in range(PAIRS):
        rgb = np.full((60, 80, 3), (number, 2 * number, 3), np.uint8)
        write_pair(root, f"{number:06d}", rgb, np.full((60, 80), number, np.uint8))
    write_info(root, DatasetInfo(label_set="carla-0.9.14"))
    return root


@pytest.fixture
def connect() -> Callable[..., Any]:
    """Makes real clients."""
    carla = pytest.importorskip("carla", reason="the carla client is not installed")

    def make(server: Any, timeout: float = 10.0) -> Any:
        client = carla.Client("127.0.0.1", server.port, 8)
        client.set_timeout(timeout)
        return client

    return make
