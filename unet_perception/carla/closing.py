# SPDX-License-Identifier: Apache-2.0
"""Putting a server back: every step is tried, until the server stops answering."""

from __future__ import annotations

import time
from collections.abc import Callable

from unet_perception.carla.actors import Actors
from unet_perception.carla.answers import unanswered
from unet_perception.carla.autopilot import Autopilot
from unet_perception.carla.journal import Settings
from unet_perception.carla.world_settings import apply_settings
from unet_perception.errors import SimulatorLostError

CLOSING_TIMEOUT = 2.0
"""Longest wait for each answer while a session puts things back, in seconds."""

DRAIN = 0.25
"""Seconds that callbacks in flight get to end: one that runs while Python ends kills it."""


class Closing:
    """Collects what failed; never raises.

    Attributes:
        failures: One sentence for each step that failed.
        lost: A step had no answer, so that those after it were not tried.
    """

    def __init__(self) -> None:
        """Start with nothing failed."""
        self.failures: list[str] = []
        self.lost = False

    def attempt(self, doing: str, action: Callable[[], object]) -> None:
        """Do one step, unless the server is lost; what goes wrong is noted."""
        if self.lost:
            return
        try:
            action()
        except Exception as error:
            self.lost = unanswered(error) or isinstance(error, SimulatorLostError)
            self.failures.append(f"could not {doing}: {' '.join(str(error).split())}")


def put_back(actors: Actors, autopilot: Autopilot | None, original: Settings | None) -> Closing:
    """Destroy what a session spawned, then put the settings back.

    Args:
        actors: The session's actors.
        autopilot: Its traffic manager, if it used one.
        original: Settings to go back to, if it changed them.

    Returns:
        What failed.
    """
    closing, owned = Closing(), actors.owned
    if owned:
        closing.attempt("stop the sensors and walkers", lambda: actors.stop(owned))
        time.sleep(DRAIN)
    if autopilot is not None:
        closing.attempt("stop the autopilot", autopilot.release)
    if owned:
        closing.attempt("destroy its actors", lambda: actors.destroy(owned))
        if actors.ticks:
            closing.attempt("show a frame without them", actors.world.tick)
    if original is not None:
        closing.attempt("put the settings back", lambda: apply_settings(actors.world, original))
    return closing
