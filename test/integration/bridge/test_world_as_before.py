# SPDX-License-Identifier: Apache-2.0
"""The world's settings and actors are as before, however the bridge ends."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness.peer import wait_until
from harness.topics import RGB
from harness.world import SPAWN, UNTOUCHED, world
from repetitions import repetitions
from sensor_msgs.msg import Image

SERVERS = 3
KILLS = repetitions(10, 5)
"""Of the bridge of each server."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_there_is_as_before(peer: Any, bridge: Any, server: Any, number: int) -> None:
    before = world(server, SPAWN)
    assert before == (False, 0.04, [["spectator", ""], ["vehicle.audi.tt", "hero"]])
    images = peer.subscribe(Image, "/carla/hero/rgb_front/image")
    node = bridge(role_name="hero", vehicles=3, walkers=2, autopilot=True)
    images.wait()
    synchronous, delta, actors = world(server)
    assert (synchronous, delta) == (True, pytest.approx(0.05))
    types = [kind for kind, _ in actors]
    assert sum(kind.startswith("sensor.camera.") for kind in types) == 2
    assert sum(kind.startswith("vehicle.") for kind in types) == 4
    assert "adopted vehicle.audi.tt hero" in node.output
    node.send(number)
    assert node.wait() == 0, node.output
    assert world(server) == before
    assert "Traceback" not in node.output


@pytest.mark.exhaustive
def test_the_world_is_as_before_after_a_stop_at_any_moment(
    peer: Any, start_server: Callable[..., Any]
) -> None:
    servers = [start_server() for _ in range(SERVERS)]
    before = world(servers[0])

    def stop_some(number: int) -> list[tuple[int, int, Any, str]]:
        server, moment, results = servers[number], random.Random(number), []
        for kill in range(KILLS):
            arguments = ["-p", f"port:={server.port}", "-p", "vehicles:=2", "-p", "walkers:=1"]
            node = peer.start("carla_bridge", "--ros-args", *arguments)
            node.wait_for_blocked_signals()
            if kill % 2:
                node.wait_for_output("connected to CARLA")
            time.sleep(moment.uniform(0.0, 2.0))
            node.send(moment.choice((signal.SIGINT, signal.SIGTERM)))
            results.append((kill, node.wait(), world(server), node.output))
        return results

    with ThreadPoolExecutor(SERVERS) as pool:
        results = [one for some in pool.map(stop_some, range(SERVERS)) for one in some]
    assert len(results) == SERVERS * KILLS
    for kill, code, after, output in results:
        assert code == 0, (kill, output)
        assert after == before, (kill, output)
        assert "Traceback" not in output, (kill, output)
        assert "a dead session left" not in output, (kill, output)


def test_after_sigkill_the_next_bridge_puts_things_right(
    peer: Any, bridge: Any, server: Any
) -> None:
    before = world(server, SPAWN)
    images = peer.subscribe(Image, f"{RGB}/image")
    node = bridge(vehicles=2, walkers=1)
    images.wait()
    node.send(signal.SIGKILL)
    assert node.wait() == -signal.SIGKILL
    assert world(server)[0], "nothing is left of it"
    node = bridge()
    node.wait_for_output("connected to CARLA")
    assert "removed what a dead session left" in node.output
    assert node.stop() == 0
    assert world(server) == before


def test_a_frozen_server_does_not_hold_the_bridge_and_is_put_right_later(
    peer: Any, bridge: Any, server: Any
) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    node = bridge(timeout=20.0)
    images.wait()
    server.freeze()
    time.sleep(0.5)
    node.send(signal.SIGTERM)
    assert node.wait(timeout=8.0) == 0
    assert "CARLA does not answer" in node.output
    server.resume()
    synchronous, _, actors = world(server)
    assert synchronous
    assert len(actors) > 1
    seen = len(images)
    node = bridge()
    wait_until(lambda: len(images) > seen + 5, "pictures of the next bridge")
    assert "removed what a dead session left" in node.output
    assert node.stop() == 0
    assert world(server) == UNTOUCHED


@pytest.mark.parametrize("server", [("--sync",)], indirect=True)
def test_a_server_that_nobody_ticks_is_recovered(peer: Any, bridge: Any, server: Any) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    node = bridge(recover=True)
    images.wait()
    assert node.stop() == 0
    assert world(server) == UNTOUCHED
    assert "nobody ticked" in node.output
