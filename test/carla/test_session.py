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
from real_client import in_child

from unet_perception.errors import SimulatorError, SimulatorLostError

pytest.importorskip("carla")

from unet_perception.carla.config import SessionConfig
from unet_perception.carla.session import Session

BUSY = """
with Session(SessionConfig(port=PORT, timeout=5.0), say) as session:
    vehicle = session.ego("ego_vehicle")
    spawn_traffic(session, 2, 2)
    with Rig(session, vehicle, CAMERAS, lambda image: None):
        {body}
"""
FOREVER = """
        session.step()  # Now a frame shows the cameras.
        print("busy", flush=True)
        while True:
            session.step()
"""


def config(server: Any, **values: Any) -> SessionConfig:
    return SessionConfig(**{"port": server.port, "timeout": 5.0, **values})


def busy(body: str) -> str:
    return BUSY.replace("        {body}", body)


@in_child
def test_the_way_out_by_return(carla_server: Any, world_state: Any, journals: Path) -> None:
    before = world_state(carla_server.port)
    with Session(config(carla_server)) as session:
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
    with pytest.raises(ZeroDivisionError), Session(config(carla_server)) as session:
        session.ego("ego_vehicle")
        _ = 1 / 0
    assert world_state(carla_server.port) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@in_child
def test_the_way_out_by_signal(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path, number: int
) -> None:
    before = world_state(carla_server.port)
    running = program(carla_server.port, busy(FOREVER))
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
    running = program(carla_server.port, busy(FOREVER))
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
        running = program(carla_server.port, busy(FOREVER))
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
    running = program(carla_server.port, busy(FOREVER))
    running.wait_for("busy")
    running.popen.kill()
    running.wait()
    settings, actors = world_state(carla_server.port)
    assert settings["synchronous_mode"]
    assert len(actors) == 7
    said: list[str] = []
    with Session(config(carla_server), lambda _, text: said.append(text)) as session:
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
    running = program(carla_server.port, busy(FOREVER))
    running.wait_for("busy")
    running.popen.kill()
    running.wait()
    with Session(config(carla_server, passive=True)) as session:
        assert len(session.swept) == 7
    assert world_state(carla_server.port)[0]["synchronous_mode"]
    with Session(config(carla_server)):
        pass
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


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
    with Session(config(carla_server), lambda _, text: said.append(text)) as session:
        assert session.swept == ()
        adopted = session.ego("hero")
        assert not session.spawned(adopted)
        assert session.spawned(session.ego("ego_vehicle"))
    assert world_state(carla_server.port)[1] == ["vehicle.tesla.model3 hero"]
    assert any(str(other.popen.pid) in text and "passive" in text for text in said)


@in_child
def test_a_server_killed_in_a_session_is_given_up_at_once(
    start_carla_server: Callable[..., Any],
    program: Callable[..., Any],
    world_state: Any,
    journals: Path,
) -> None:
    carla_server = start_carla_server()
    running = program(
        carla_server.port,
        BUSY.replace("timeout=5.0", "timeout=1.0").replace("        {body}", FOREVER),
    )
    running.wait_for("busy")
    carla_server.kill()
    assert running.wait(20) == 1, running.output
    assert "SimulatorLostError: CARLA at localhost" in running.output
    assert len(list(journals.iterdir())) == 1
    carla_server.start()
    before = world_state(carla_server.port)
    with Session(config(carla_server)) as session:
        assert session.swept == ()
    assert world_state(carla_server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_a_frozen_server_is_put_right_when_it_is_back(
    carla_server: Any, program: Callable[..., Any], world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    running = program(
        carla_server.port,
        BUSY.replace("timeout=5.0", "timeout=1.0").replace("        {body}", FOREVER),
    )
    running.wait_for("busy")
    carla_server.freeze()
    assert running.wait(20) == 1, running.output
    assert "SimulatorLostError" in running.output
    carla_server.resume()
    # What the session asked for last, to destroy its actors, the server may do now.
    with Session(config(carla_server)) as session:
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
            Session(config(server, timeout=1.0)) as session,
        ):
            # A traffic manager outlives its session in the client, and would be found again.
            session.autopilot.drive([session.ego("ego_vehicle")])
            server.kill()
            session.step()
        assert session.lost
        assert session.cleanup_failures
        server.start()
    with Session(config(server)) as session:
        assert session.swept == ()
        session.ego("ego_vehicle")
    assert world_state(server.port) == before
    assert list(journals.iterdir()) == []


@in_child
def test_one_process_goes_on_after_a_freeze(
    carla_server: Any, world_state: Any, journals: Path
) -> None:
    before = world_state(carla_server.port)
    with pytest.raises(SimulatorLostError), Session(config(carla_server, timeout=1.0)) as session:
        session.ego("ego_vehicle")
        carla_server.freeze()
        session.step()
    carla_server.resume()
    with Session(config(carla_server)):
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


@in_child
def test_a_town_is_loaded_with_the_settings_as_they_were(
    carla_server: Any, world_state: Any
) -> None:
    before = world_state(carla_server.port)
    with Session(config(carla_server, town="Town01")) as session:
        assert session.town == "Town01"
        session.ego("ego_vehicle")
        assert session.sync
    assert world_state(carla_server.port) == before


@in_child
def test_a_town_that_does_not_exist(carla_server: Any, world_state: Any) -> None:
    before = world_state(carla_server.port)
    with (
        pytest.raises(SimulatorError, match=r"no town Town99; it has .*Town01"),
        Session(config(carla_server, town="Town99")),
    ):
        pass
    assert world_state(carla_server.port) == before


@in_child
def test_another_town_ends_a_session_with_a_clear_word(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    with Session(config(carla_server, synchronous_mode=False)) as session:
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
        Session(config(server)) as session,
    ):
        session.ego("ego_vehicle")
    assert world_state(server.port) == before


@in_child
def test_another_version_is_said(start_carla_server: Callable[..., Any]) -> None:
    server = start_carla_server("--carla-version", "0.9.13")
    said: list[tuple[str, str]] = []
    with Session(config(server), lambda *words: said.append(words)) as session:
        assert session.server_version == "0.9.13"
        assert session.label_set == "carla-0.9.10"
    assert any(level == "warning" and "0.9.13" in text for level, text in said)


@in_child
def test_a_passive_session_follows_and_changes_nothing(
    carla_server: Any, program: Callable[..., Any], world_state: Any
) -> None:
    ticker = program(carla_server.port, busy(FOREVER))
    ticker.wait_for("busy")
    before = world_state(carla_server.port)
    with Session(config(carla_server, passive=True)) as session:
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
    with Session(config(server, passive=True, timeout=1.5)) as session:
        with pytest.raises(SimulatorError, match="nobody ticks it") as raised:
            for _ in range(3):
                session.step()
        assert not isinstance(raised.value, SimulatorLostError)


@pytest.mark.parametrize("recover", [False, True])
@in_child
def test_a_server_stuck_in_synchronous_mode(
    start_carla_server: Callable[..., Any], world_state: Any, recover: bool
) -> None:
    server = start_carla_server("--sync")
    said: list[str] = []
    with Session(config(server, recover=recover), lambda _, text: said.append(text)) as session:
        session.step()
    assert any(("nobody ticked" in text and "recover" in text) or recover for text in said)
    assert world_state(server.port)[0]["synchronous_mode"] is not recover
