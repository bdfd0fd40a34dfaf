# SPDX-License-Identifier: Apache-2.0
"""What a session changes of its world: what it was asked to, and nothing of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from busy_session import busy_session
from real_client import in_child, session_config

from unet_perception.errors import SimulatorError, SimulatorLostError

pytest.importorskip("carla")

from unet_perception.carla.session import Session


@in_child
def test_a_town_is_loaded_with_the_settings_as_they_were(
    carla_server: Any, world_state: Any
) -> None:
    before = world_state(carla_server.port)
    with Session(session_config(carla_server, town="Town01")) as session:
        assert session.town == "Town01"
        session.ego("ego_vehicle")
        assert session.sync
    assert world_state(carla_server.port) == before


@in_child
def test_a_town_that_does_not_exist(carla_server: Any, world_state: Any) -> None:
    before = world_state(carla_server.port)
    with (
        pytest.raises(SimulatorError, match=r"no town Town99; it has .*Town01"),
        Session(session_config(carla_server, town="Town99")),
    ):
        pass
    assert world_state(carla_server.port) == before


@in_child
def test_another_town_ends_a_session_with_a_clear_word(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    with Session(session_config(carla_server, synchronous_mode=False)) as session:
        session.step()
        other = program(
            carla_server.port, "with Session(SessionConfig(port=PORT, town='Town01')): pass"
        )
        assert other.wait() == 0, other.output
        with pytest.raises(SimulatorError, match="loaded another world"):
            for _ in range(100):
                session.step()


@in_child
def test_spawn_refused(start_carla_server: Callable[..., Any], world_state: Any) -> None:
    server = start_carla_server("--fail", "spawn_actor=the garage is empty")
    before = world_state(server.port)
    with (
        pytest.raises(SimulatorError, match=r"refused to spawn vehicle\.\S+ .*garage is empty"),
        Session(session_config(server)) as session,
    ):
        session.ego("ego_vehicle")
    assert world_state(server.port) == before


@in_child
def test_actors_and_settings_of_others_stay(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    other = program(
        carla_server.port,
        """
        with Session(SessionConfig(port=PORT, synchronous_mode=False)) as session:
            session.ego("hero")
            print("busy", flush=True)
            time.sleep(60)
        """,
    )
    other.wait_for("busy")
    said: list[str] = []
    with Session(session_config(carla_server), lambda _, text: said.append(text)) as session:
        assert session.swept == ()
        adopted = session.ego("hero")
        assert not session.spawned(adopted)
        assert session.spawned(session.ego("ego_vehicle"))
    assert world_state(carla_server.port)[1] == ["vehicle.tesla.model3 hero"]
    assert any(str(other.popen.pid) in text and "passive" in text for text in said)


@in_child
def test_a_passive_session_follows_and_changes_nothing(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    ticker = program(carla_server.port, busy_session())
    ticker.wait_for("busy")
    before = world_state(carla_server.port)
    with Session(session_config(carla_server, passive=True)) as session:
        vehicle = session.ego("ego_vehicle")
        assert not session.spawned(vehicle)
        assert session.delta == 0.05
        frames = [session.step().frame for _ in range(20)]
        assert frames == sorted(set(frames))
        with pytest.raises(SimulatorError, match=r"role name hero within .* ego_vehicle"):
            session.ego("hero")
    assert world_state(carla_server.port) == before


@in_child
def test_a_passive_session_that_nobody_ticks(start_carla_server: Callable[..., Any]) -> None:
    server = start_carla_server("--sync")
    with Session(session_config(server, passive=True, timeout=1.5)) as session:
        with pytest.raises(SimulatorError, match="nobody ticks it") as raised:
            for _ in range(3):
                session.step()
        assert not isinstance(raised.value, SimulatorLostError)
