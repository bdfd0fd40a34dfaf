# SPDX-License-Identifier: Apache-2.0
"""Traffic moves, fits into the town, and goes with its session."""

from __future__ import annotations

from typing import Any

import pytest
from real_client import in_child

pytest.importorskip("carla")

from unet_perception.carla.config import SessionConfig
from unet_perception.carla.session import Session
from unet_perception.carla.traffic import spawn_traffic


@in_child
def test_traffic_moves_and_goes(carla_server: Any, world_state: Any) -> None:
    before = world_state(carla_server.port)
    with Session(SessionConfig(port=carla_server.port)) as session:
        counts = spawn_traffic(session, 3, 2, seed=1)
        assert (counts.vehicles, counts.walkers) == (3, 2)
        movers = session.actors.owned
        start = {actor.id: actor.get_location() for actor in movers}
        for _ in range(60):
            session.step()
        for actor in movers:
            assert actor.get_location().distance(start[actor.id]) > 0.5, actor.type_id
    assert session.cleanup_failures == ()
    assert world_state(carla_server.port) == before


@in_child
def test_no_more_than_the_town_has_room_for(carla_server: Any) -> None:
    with Session(SessionConfig(port=carla_server.port)) as session:
        places = len(session.world.get_map().get_spawn_points())
        counts = spawn_traffic(session, places + 10, 0)
        assert 0 < counts.vehicles <= places
        assert spawn_traffic(session, 0, 0).vehicles == 0


@in_child
def test_the_same_seed_gives_the_same_traffic(carla_server: Any) -> None:
    seen = []
    for _ in range(2):
        with Session(SessionConfig(port=carla_server.port)) as session:
            spawn_traffic(session, 4, 0, seed=7)
            seen.append([actor.type_id for actor in session.actors.owned])
    assert seen[0] == seen[1]
