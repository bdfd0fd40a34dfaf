# SPDX-License-Identifier: Apache-2.0
"""What cannot be ends the bridge with one clear line and exit code 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness.world import world


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"town": "Atlantis"}, "Atlantis"),
        ({"passive": True, "role_name": "nobody", "timeout": 1.0}, "role name nobody"),
        ({"port": 9, "timeout": 1.0}, "no CARLA server at localhost:9"),
        ({"vehicle": "vehicle.ford.model_t"}, "vehicle.ford.model_t"),
        ({"spawn_point": 5000}, "spawn_point is 5000"),
        ({"passive": True, "town": "Town03"}, "town is 'Town03'"),
        ({"cameras": "/no/such/cameras.yaml"}, "/no/such/cameras.yaml"),
        ({"tick_rate": -1.0}, "tick_rate is -1.0"),
    ],
)
def test_what_cannot_be_ends_with_one_clear_line(
    bridge: Any, server: Any, given: dict[str, object], told: str
) -> None:
    before = world(server)
    node = bridge(**given)
    assert node.wait() == 1, node.output
    assert "Traceback" not in node.output
    # Lines in brackets are logged; CARLA's client warns before some answers.
    lines = [line for line in node.output.splitlines() if line.startswith("carla_bridge: ")]
    assert len(lines) == 1, node.output
    assert told in lines[0]
    assert world(server) == before


@pytest.mark.parametrize(
    "server", [("--fail", "spawn_actor=Spawn failed because of collision")], indirect=True
)
def test_a_refused_spawn_ends_with_one_clear_line(bridge: Any, server: Any) -> None:
    before = world(server)
    node = bridge()
    assert node.wait() == 1
    lines = [line for line in node.output.splitlines() if line.startswith("carla_bridge: ")]
    assert len(lines) == 1, node.output
    assert "Spawn failed because of collision" in lines[0]
    assert world(server) == before


def test_without_the_carla_package(
    bridge: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "carla.py").write_text("raise ModuleNotFoundError('no carla', name='carla')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    node = bridge()
    assert node.wait() == 1
    assert "the carla package is not installed: pip install carla==" in node.output
    assert "Traceback" not in node.output
