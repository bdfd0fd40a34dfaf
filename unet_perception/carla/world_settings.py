# SPDX-License-Identifier: Apache-2.0
"""The server's settings as plain values, and whether anybody ticks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import carla

from unet_perception.carla.journal import Settings
from unet_perception.carla.weather import FIELDS as WEATHER_FIELDS

FIELDS = (
    "synchronous_mode",
    "no_rendering_mode",
    "fixed_delta_seconds",
    "substepping",
    "max_substep_delta_time",
    "max_substeps",
    "max_culling_distance",
    "deterministic_ragdolls",
    "tile_stream_distance",
    "actor_active_distance",
    "spectator_as_ego",
)

TICK_PATIENCE = 2.0
"""Seconds without a frame after which nobody is said to tick a server."""


def read_settings(world: carla.World) -> dict[str, Any]:
    """Return all settings of the server by name."""
    settings = world.get_settings()
    return {name: getattr(settings, name) for name in FIELDS}


def apply_settings(world: carla.World, values: Settings) -> None:
    """Put all settings on the server; this advances the world by a tick or two."""
    settings = carla.WorldSettings()
    for name in FIELDS:
        setattr(settings, name, values[name])
    world.apply_settings(settings)


def somebody_ticks(world: carla.World, should_stop: Callable[[], bool]) -> bool:
    """Watch for two different frames; one alone may be the newest that there was."""
    deadline = time.monotonic() + TICK_PATIENCE
    first = 0
    while time.monotonic() < deadline and not should_stop():
        frame = world.get_snapshot().frame
        if first and frame > first:
            return True
        first = first or frame
        time.sleep(0.01)
    return False


def read_weather(world: carla.World) -> dict[str, float]:
    """Return the weather by the fields of ``carla.WeatherParameters``."""
    weather = world.get_weather()
    return {name: getattr(weather, name) for name in WEATHER_FIELDS}


def set_weather(world: carla.World, fields: Mapping[str, float]) -> None:
    """Set the weather from the fields of ``carla.WeatherParameters``."""
    world.set_weather(carla.WeatherParameters(**fields))
