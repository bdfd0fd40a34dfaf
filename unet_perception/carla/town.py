# SPDX-License-Identifier: Apache-2.0
"""The town that a server runs, and another one instead."""

from __future__ import annotations

import carla

from unet_perception.carla.config import SessionConfig
from unet_perception.carla.connect import Say
from unet_perception.errors import SimulatorError

LOAD_TIMEOUT = 120.0
"""Large towns take more than a minute to load; seconds."""


def go_to_town(
    client: carla.Client, world: carla.World, config: SessionConfig, say: Say
) -> tuple[carla.World, str]:
    """Load the town that a session wants unless it runs already; its settings stay.

    Nothing of this client may listen to the old world meanwhile.

    Returns:
        The world, and the short name of its town.

    Raises:
        SimulatorError: The server has no such town; the message lists those that it has.
        RuntimeError: The server refused something else.
    """
    runs, wanted = _short(world.get_map().name), _short(config.town)
    if not wanted or wanted == runs:
        return world, runs
    available = sorted({_short(name) for name in client.get_available_maps()})
    if wanted not in available:
        raise SimulatorError(
            f"CARLA at {config.address} has no town {config.town}; "
            f"it has {', '.join(available) or 'none'}"
        )
    say("info", f"loading {wanted} in place of {runs}")
    client.set_timeout(max(config.timeout, LOAD_TIMEOUT))
    try:
        world = client.load_world(wanted, False)
    finally:
        client.set_timeout(config.timeout)
    return world, _short(world.get_map().name)


def _short(name: str) -> str:
    return name.rpartition("/")[2]
