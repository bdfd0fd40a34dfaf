# SPDX-License-Identifier: Apache-2.0
"""Faults that every live part has, with all of them at work.

After each fault new pictures have to come through to the page, and all that came is compared:
no picture with another one's ids, no mask that is another picture's.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness.peer import values
from harness.world import UNTOUCHED, world
from ros_domains import claim_domain
from scheduling import FROZEN_S, starved
from wall_clock import WallClock

from unet_perception.dataset import DatasetInfo, write_info, write_pair

RECOVERY_S = 30.0
LEAST_MEANWHILE = 20
"""Pictures in that time, of 200, that say that somebody went on."""

STARVED_S = 5.0
DAY_S = 24 * 3600
PAIRS = 28


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of which each has a mask of its own; ids of picture N are N."""
    root = tmp_path_factory.mktemp("chain-pairs")
    for number in range(PAIRS):
        coarse = np.random.default_rng(number).integers(0, 256, (5, 7, 3), np.uint8)
        ids = np.full((60, 80), number, np.uint8)
        write_pair(root, f"{number:06d}", cv2.resize(coarse, (80, 60)), ids)
    write_info(root, DatasetInfo(label_set="carla-0.9.14"))
    return root


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WallClock:
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def stopped_chain(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: Path,
    model: Path,
    segmenter: Any,
    clock: WallClock,
) -> Iterator[Any]:
    from harness.chain import Chain

    folder = tmp_path_factory.mktemp("chain")
    with claim_domain() as domain, pytest.MonkeyPatch.context() as patch:
        result = Chain(folder, domain, pairs, model, segmenter)
        for name, value in {**clock.environment, **result.left.environment}.items():
            patch.setenv(name, value)
        yield result
        result.close()


@pytest.fixture
def chain(stopped_chain: Any) -> Any:
    """All four at work."""
    stopped_chain.start()
    return stopped_chain


@pytest.mark.parametrize(
    ("frozen", "goes_on", "told"),
    [
        ("perception", {"pictures"}, None),
        ("live_view", {"pictures", "masks"}, None),
        ("carla_bridge", set(), ("perception: ", "no frames for")),
        ("playback", set(), ("carla_bridge: ", "connection lost")),
    ],
)
def test_one_is_stopped_for_ten_seconds(
    chain: Any, frozen: str, goes_on: set[str], told: tuple[str, str] | None
) -> None:
    since, until = chain.newest, time.monotonic() + FROZEN_S
    os.kill(chain.pids[frozen], signal.SIGSTOP)
    try:
        if told:
            chain.wait_for_state(*told, timeout=FROZEN_S)
        time.sleep(until - time.monotonic())
        counted = chain.count(since)
    finally:
        os.kill(chain.pids[frozen], signal.SIGCONT)
    # What was under way may still have come.
    assert {kind for kind, count in counted.items() if count > LEAST_MEANWHILE} == goes_on
    chain.wait_for_new(RECOVERY_S)
    chain.check()


def test_starved_of_the_processor(chain: Any) -> None:
    def incomplete() -> str:
        chain.wait_for_state("carla_bridge: ", "ticking")
        told = [m for m in chain.states.messages if m.status[0].name == "carla_bridge: carla"]
        return values(told[-1])["incomplete_sets"]

    before = incomplete()
    with starved(*chain.pids.values()):
        time.sleep(STARVED_S)
    chain.wait_for_new(RECOVERY_S)
    chain.check()
    assert incomplete() == before


def test_the_wall_clock_jumps(chain: Any, clock: WallClock) -> None:
    if not clock.environment:
        pytest.skip("no C compiler for a wall clock that can be put")
    try:
        for offset in (DAY_S, -DAY_S, 0):
            clock.set(offset)
            chain.wait_for_new(RECOVERY_S)
            chain.wait_for_wall_clock(offset)
    finally:
        clock.set(0)
    chain.check()


def test_sigterm_leaves_nothing_and_the_world_as_it_was(chain: Any) -> None:
    left = chain.left
    for pid in chain.pids.values():
        left.watch(pid)
    assert left.shared
    assert chain.stop() == {"carla_bridge": 0, "perception": 0, "live_view": 0}
    assert world(chain.server) == UNTOUCHED
    assert chain.server.stop() == 0
    left.check()
