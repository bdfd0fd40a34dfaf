# SPDX-License-Identifier: Apache-2.0
"""The first frames after a start are as safe as any: nothing is lost while streams attach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real_client import in_child
from repetitions import repetitions

pytest.importorskip("carla", reason="the carla client is not installed")

STARTS = repetitions(60, 15)
TICKS = 5


@pytest.mark.exhaustive
def test_fresh_servers_and_clients_lose_no_image(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    from upstream_script import drive

    @in_child
    def one(server: Any) -> None:
        images = drive(connect(server), TICKS)
        assert all(frame == rgb.frame == ids.frame for frame, rgb, ids in images)
        assert [rgb.red for _, rgb, _ in images] == [ids.red for _, _, ids in images]

    for _ in range(STARTS):
        server = start_carla_server("--data", str(numbered_pairs))
        one(server)
        server.kill()
