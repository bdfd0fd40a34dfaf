# SPDX-License-Identifier: Apache-2.0
"""Which settings a session applies to a server, and which it goes back to at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import carla

from unet_perception.carla.config import SessionConfig
from unet_perception.carla.connect import Say
from unet_perception.carla.journal import Settings
from unet_perception.carla.sweep import Leftovers, find_leftovers
from unet_perception.carla.world_settings import TICK_PATIENCE, read_settings, somebody_ticks


@dataclass(frozen=True)
class Takeover:
    """What is to be done with a server's settings.

    Attributes:
        leftovers: What dead sessions left.
        original: Settings to go back to; None when nothing is changed.
        applied: Settings to apply; None when nothing is changed.
        delta: Simulated seconds of a tick from then on; None if it varies.
    """

    leftovers: Leftovers
    original: Settings | None
    applied: Settings | None
    delta: float | None


def plan_takeover(
    config: SessionConfig,
    world: carla.World,
    server: str,
    say: Say,
    should_stop: Callable[[], bool],
) -> Takeover:
    """Look at a server's settings and decide; nothing is changed yet.

    Args:
        config: What the session is to do.
        world: The server's world.
        server: The server's name in journals.
        say: Told what is unusual.
        should_stop: Ends waits early.
    """
    current = read_settings(world)
    leftovers = find_leftovers(server, world.id)
    if config.passive:
        return Takeover(leftovers, None, None, current["fixed_delta_seconds"])
    if leftovers.living:
        pids = ", ".join(map(str, leftovers.living))
        say(
            "warning",
            f"process {pids} has a session with CARLA at {config.address} already: two that "
            "change its settings disturb each other; make one passive",
        )
    original = leftovers.original(current)
    if original is not None:
        say("info", "will go back to the settings from before a session that died")
    else:
        original = _found(config, world, current, say, should_stop)
    applied = {**original, "synchronous_mode": config.synchronous_mode}
    if config.synchronous_mode:
        applied["fixed_delta_seconds"] = config.fixed_delta_seconds
        longest = original["max_substep_delta_time"] * original["max_substeps"]
        if original["substepping"] and config.fixed_delta_seconds > longest + 1e-9:
            say(
                "warning",
                f"fixed_delta_seconds is {config.fixed_delta_seconds:g}, more than the "
                f"{longest:g} s that CARLA's physics substeps cover: vehicles will move wrongly",
            )
    return Takeover(leftovers, original, applied, applied["fixed_delta_seconds"])


def _found(
    config: SessionConfig,
    world: carla.World,
    current: dict[str, Any],
    say: Say,
    should_stop: Callable[[], bool],
) -> Settings:
    """Return the current settings, or asynchronous ones for a server that is to be recovered."""
    if not current["synchronous_mode"]:
        return current
    if somebody_ticks(world, should_stop):
        say(
            "warning",
            f"somebody else ticks CARLA at {config.address}: two that tick disturb each other; "
            "passive follows",
        )
        return current
    stuck = (
        f"CARLA at {config.address} was found in synchronous mode and nobody ticked it for "
        f"{TICK_PATIENCE:g} s"
    )
    if config.recover:
        say("warning", f"{stuck}: it will be left in asynchronous mode")
        return {**current, "synchronous_mode": False, "fixed_delta_seconds": None}
    say("warning", f"{stuck}: it will be left like that; recover leaves it in asynchronous mode")
    return current
