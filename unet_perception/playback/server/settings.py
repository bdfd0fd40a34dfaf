# SPDX-License-Identifier: Apache-2.0
"""The world's settings and weather, as arrays of an RPC and as what they mean here."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Any

from unet_perception.carla.weather import WIRE_CLEAR_NOON

MAX_DELTA = 10.0


@dataclass(frozen=True)
class EpisodeSettings:
    """``carla.WorldSettings``, with a server's own defaults, in the order of the wire."""

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: int = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True

    @classmethod
    def from_rpc(cls, value: list[Any]) -> EpisodeSettings:
        """Read the fields; the optional one comes as ``[False]`` or ``[True, seconds]``.

        Raises:
            ValueError: The value has another form, or its step is no time.
        """
        fields = list(value)
        present, *given = fields[2]
        fields[2] = float(given[0]) if present else None
        for name, default, given_value in zip(
            cls.__annotations__, astuple(cls()), fields, strict=False
        ):
            kinds = bool if isinstance(default, bool) else (int, float, type(None))
            if not isinstance(given_value, kinds):
                raise ValueError(f"{name} is {given_value!r}")
        settings = cls(*fields)
        delta = settings.fixed_delta_seconds
        # The client sends 0 for "none".
        if delta is not None and not (math.isfinite(delta) and 0.0 <= delta <= MAX_DELTA):
            raise ValueError(f"fixed_delta_seconds is {delta}; it must be 0 to {MAX_DELTA:g}")
        return settings

    def to_rpc(self) -> list[Any]:
        """Return the fields, the optional one as CARLA sends it."""
        fields = list(astuple(self))
        fields[2] = [False] if self.delta is None else [True, self.delta]
        return fields

    @property
    def delta(self) -> float | None:
        """Simulated seconds between two frames; None where the wall clock decides."""
        return self.fixed_delta_seconds or None


def weather_from_rpc(value: list[Any]) -> tuple[float, ...]:
    """Read ``carla.WeatherParameters``.

    Raises:
        ValueError: There are too many or they are no finite numbers.
    """
    given = [float(number) for number in value]
    if len(given) > len(WIRE_CLEAR_NOON) or not all(math.isfinite(number) for number in given):
        raise ValueError("weather must be up to 14 finite numbers")
    # As the client's own decoder does it, fields that are left out keep their default.
    return (*given, *WIRE_CLEAR_NOON[len(given) :])
