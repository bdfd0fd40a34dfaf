# SPDX-License-Identifier: Apache-2.0
"""A session leaves the server as it was, on every way out."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from busy_session import busy_session
from real_client import in_child, session_config

pytest.importorskip("carla")

from unet_perception.carla.session import Session


@in_child
def test_the_way_out_by_return(carla_server: Any, world_state: Any, journals: Path) -> None:
    before = world_state(carla_server.port)
    with Session(session_config(carla_server)) as session:
        session.ego("ego_vehicle")
        settings, actors = world_state(carla_server.port)
        assert settings["synchronous_mode"]
        assert settings["fixed_delta_seconds"] == 0.05
        assert actors == ["vehicle.tesla.model3 ego_vehicle"]
        assert len(list(journals.iterdir())) == 1
    assert session.cleanup_failures == ()
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []
    assert journals.stat().st_mode & 0o777 == 0o700


@in_child
def test_the_way_out_by_exception_keeps_it(carla_server: Any, world_state: Any) -> None:
    before = world_state(carla_server.port)
    with pytest.raises(ZeroDivisionError), Session(session_config(carla_server)) as session:
        session.ego("ego_vehicle")
        _ = 1 / 0
    assert world_state(carla_server.port) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@in_child
def test_the_way_out_by_signal(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path, number: int
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy_session())
    running.wait_for("busy")
    assert len(world_state(carla_server.port)[1]) == 7
    running.popen.send_signal(number)
    assert running.wait() != 0
    assert f"Interrupted: {signal.Signals(number).name}" in running.output
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_a_second_signal_does_not_stop_the_cleanup(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy_session())
    running.wait_for("busy")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        running.popen.send_signal(number)
    assert running.wait() != 0
    assert world_state(carla_server.port) == before


@in_child
def test_signals_at_any_moment(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    chance = random.Random(3)
    for _ in range(6):
        running = program(carla_server.port, busy_session())
        time.sleep(chance.uniform(0.3, 2.0))
        running.popen.send_signal(chance.choice((signal.SIGINT, signal.SIGTERM)))
        assert running.wait() != 0
        assert world_state(carla_server.port) == before, running.output
        assert not journals.exists() or list(journals.iterdir()) == []


@in_child
def test_after_a_kill_the_next_session_sweeps(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy_session())
    running.wait_for("busy")
    running.popen.kill()
    running.wait()
    settings, actors = world_state(carla_server.port)
    assert settings["synchronous_mode"]
    assert len(actors) == 7
    said: list[str] = []
    with Session(session_config(carla_server), lambda _, text: said.append(text)) as session:
        assert len(session.swept) == 7
        assert world_state(carla_server.port)[1] == []
    assert any("removed what a dead session left" in text for text in said)
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_a_passive_session_sweeps_actors_and_leaves_the_settings_to_the_next(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy_session())
    running.wait_for("busy")
    running.popen.kill()
    running.wait()
    with Session(session_config(carla_server, passive=True)) as session:
        assert len(session.swept) == 7
    assert world_state(carla_server.port)[0]["synchronous_mode"]
    with Session(session_config(carla_server)):
        pass
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_a_signal_while_a_session_opens_ends_it(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    carla_server.freeze()
    running = program(
        carla_server.port,
        """
        print("opening", flush=True)
        with Session(SessionConfig(port=PORT, timeout=30.0)):
            print("in" + "side")
        """,
    )
    running.wait_for("opening")
    running.popen.send_signal(signal.SIGTERM)
    assert running.wait(10) != 0
    assert "inside" not in running.output
