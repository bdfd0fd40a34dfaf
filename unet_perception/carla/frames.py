# SPDX-License-Identifier: Apache-2.0
"""Frames of a server that somebody else ticks, or that runs by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import carla

from unet_perception.carla.answers import unanswered
from unet_perception.carla.config import SessionConfig
from unet_perception.errors import SimulatorError

SLICE = 0.5
"""Longest wait before ``should_stop`` is asked again, in seconds."""


FIRST = 2.0
"""Longest wait for the first frame that a new client sees, in seconds."""


def wait_for_first(world: carla.World) -> bool:
    """Wait until a new client has seen a frame: without one it knows no actors."""
    deadline = time.monotonic() + FIRST
    while world.get_snapshot().frame == 0:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def next_snapshot(
    world: carla.World, after: int, config: SessionConfig, should_stop: Callable[[], bool]
) -> carla.WorldSnapshot:
    """Return the newest frame as soon as it is newer than one that was seen.

    Args:
        world: The world.
        after: Number of the frame that was seen.
        config: The server, and the longest wait.
        should_stop: Ends the wait early; the newest frame is returned then.

    Raises:
        SimulatorError: The server answers, but no frame comes.
        RuntimeError: The server does not answer.
    """
    deadline = time.monotonic() + config.timeout
    while True:
        snapshot = world.get_snapshot()
        if snapshot.frame > after or should_stop():
            return snapshot
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            world.wait_for_tick(min(left, SLICE))
        except RuntimeError as error:
            if not unanswered(error):
                raise
    settings = world.get_settings()
    why = (
        "it is in synchronous mode and nobody ticks it" if settings.synchronous_mode else "it hangs"
    )
    raise SimulatorError(
        f"CARLA at {config.address} gave no frame within {config.timeout:g} s: {why}"
    )
