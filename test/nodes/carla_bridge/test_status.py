# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from unet_perception.nodes.carla_bridge.status import BridgeStatus, Connection
from unet_perception.options.diagnostics import ERROR, OK, SILENCE_S, WARN

SETS = {"incomplete_sets": 1, "late_partners": 2}


def status(tick_period: float = 0.05) -> BridgeStatus:
    return BridgeStatus("localhost:2000", "hero", ["front", "rear"], tick_period)


def connection(ticking: bool = True, swept: int = 0) -> Connection:
    return Connection("0.9.16", "0.9.15", "Town03", ticking, swept)


def run(state: BridgeStatus, start: float, rate: float, seconds: float) -> float:
    count = round(rate * seconds)
    for number in range(count):
        state.ticked(start + number / rate, 100 + number, SETS)
    return start + (count - 1) / rate


def test_before_the_first_connection() -> None:
    state = status()
    report = state.report(5.0)
    assert (report.level, report.message) == (WARN, "connecting to localhost:2000")
    assert state.connections == 0
    assert report.values["mode"] == ""


def test_ticking() -> None:
    state = status()
    state.connected(0.0, connection(swept=3))
    assert state.connections == 1
    now = run(state, 0.0, 20.0, 10.0)
    state.image("front")
    state.image("front")
    report = state.report(now)
    assert (report.level, report.message) == (OK, "ticking at 20.0 Hz")
    assert report.values == {
        "server": "localhost:2000",
        "server_version": "0.9.16",
        "client_version": "0.9.15",
        "town": "Town03",
        "mode": "ticking",
        "role_name": "hero",
        "tick_rate_hz": "20.00",
        "frame": "299",
        "images_front": "2",
        "images_rear": "0",
        "incomplete_sets": "1",
        "late_partners": "2",
        "reconnects": "0",
        "swept": "3",
        "last_error": "",
    }


def test_following() -> None:
    state = status()
    state.connected(0.0, connection(ticking=False))
    now = run(state, 0.0, 30.0, 1.0)
    assert state.report(now).message == "following another's ticks at 30.0 Hz"
    late = state.report(now + SILENCE_S + 1.0)
    assert (late.level, late.message) == (WARN, "nobody has ticked the world for 3 s")
    assert late.values["tick_rate_hz"] == "0.00"


def test_a_tick_that_is_not_answered() -> None:
    state = status()
    state.connected(0.0, connection())
    late = state.report(SILENCE_S)
    assert (late.level, late.message) == (WARN, "the server has not answered a tick for 2 s")


def test_slow_ticks_are_no_silence() -> None:
    state = status(tick_period=4.0)
    state.connected(0.0, connection())
    assert state.report(5.0).level == OK


def test_a_lost_connection_and_the_next() -> None:
    state = status()
    state.connected(0.0, connection(swept=1))
    state.lost(14.0, "it hangs")
    report = state.report(10.2)
    assert (report.level, report.message) == (ERROR, "connection lost, next try in 4 s")
    assert report.values["server_version"] == "0.9.16"
    assert report.values["last_error"] == "it hangs"
    assert state.report(14.5).message == "connection lost, trying to connect"
    state.connected(15.0, connection(swept=2))
    report = state.report(15.1)
    assert report.level == OK
    assert (report.values["reconnects"], report.values["swept"]) == ("1", "3")
