# SPDX-License-Identifier: Apache-2.0
"""A session whose server dies, freezes, starts again or is of another version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from busy_session import busy_session
from real_client import in_child, session_config

from unet_perception.errors import SimulatorLostError

pytest.importorskip("carla")

from unet_perception.carla.session import Session

SOON_S = 3.0
"""When a server is given up: soon, but not before a busy machine has opened a session."""


@in_child
def test_a_server_killed_in_a_session_is_given_up_at_once(
    start_carla_server: Callable[..., Any],
    program: Callable[..., Any],
    world_state: Any,
    journals: Path,
) -> None:
    carla_server = start_carla_server()
    running = program(carla_server.port, busy_session(timeout=SOON_S))
    running.wait_for("busy")
    carla_server.kill()
    assert running.wait(20) == 1, running.output
    assert "SimulatorLostError: CARLA at localhost" in running.output
    assert len(list(journals.iterdir())) == 1
    carla_server.start()
    before = world_state(carla_server.port)
    with Session(session_config(carla_server)) as session:
        assert session.swept == ()
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_a_frozen_server_is_put_right_when_it_is_back(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy_session(timeout=SOON_S))
    running.wait_for("busy")
    carla_server.freeze()
    assert running.wait(20) == 1, running.output
    assert "SimulatorLostError" in running.output
    carla_server.resume()
    # What the session asked for last, to destroy its actors, the server may do now.
    with Session(session_config(carla_server)) as session:
        assert len(session.swept) in (0, 7)
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_one_process_connects_again_after_a_restart(
    start_carla_server: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    server = start_carla_server()
    for _ in range(3):
        before = world_state(server.port)
        with (
            pytest.raises(SimulatorLostError),
            Session(session_config(server, timeout=SOON_S)) as session,
        ):
            # A traffic manager outlives its session in the client, and would be found again.
            session.autopilot.drive([session.ego("ego_vehicle")])
            server.kill()
            session.step()
        assert session.lost
        assert session.cleanup_failures
        server.start()
    with Session(session_config(server)) as session:
        assert session.swept == ()
        session.ego("ego_vehicle")
    assert world_state(server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_one_process_goes_on_after_a_freeze(
    carla_server: Any, world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    with (
        pytest.raises(SimulatorLostError),
        Session(session_config(carla_server, timeout=SOON_S)) as session,
    ):
        session.ego("ego_vehicle")
        carla_server.freeze()
        session.step()
    carla_server.resume()
    with Session(session_config(carla_server)):
        pass
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@pytest.mark.parametrize("recover", [False, True])
@in_child
def test_a_server_stuck_in_synchronous_mode(
    start_carla_server: Callable[..., Any], world_state: Any, recover: bool
) -> None:
    server = start_carla_server("--sync")
    said: list[str] = []
    with Session(
        session_config(server, recover=recover), lambda _, text: said.append(text)
    ) as session:
        session.step()
    assert any(("nobody ticked" in text and "recover" in text) or recover for text in said)
    assert world_state(server.port)[0]["synchronous_mode"] is not recover


@in_child
def test_another_version_is_said(start_carla_server: Callable[..., Any]) -> None:
    server = start_carla_server("--carla-version", "0.9.13")
    said: list[tuple[str, str]] = []
    with Session(session_config(server), lambda *words: said.append(words)) as session:
        assert session.server_version == "0.9.13"
        assert session.label_set == "carla-0.9.10"
    assert any(level == "warning" and "0.9.13" in text for level, text in said)
