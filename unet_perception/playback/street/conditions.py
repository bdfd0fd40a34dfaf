# SPDX-License-Identifier: Apache-2.0
"""Weather and time of day, in CARLA's own units, and the drive's own schedule of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from unet_perception.errors import ConfigError
from unet_perception.playback.street.camera import check_range


@dataclass(frozen=True)
class Conditions:
    """What the sky does, as ``carla.WeatherParameters`` says it.

    Attributes:
        sun_altitude: degrees above the horizon, -90 (midnight) to 90.
        cloudiness: 0 (clear) to 100 (overcast).
        precipitation: rain, 0 to 100.
        fog_density: 0 to 100.
        wetness: water on the road, 0 to 100 (CARLA's ``precipitation_deposits`` look).

    Raises:
        ConfigError: a value is outside its range.
    """

    sun_altitude: float = 45.0
    cloudiness: float = 5.0
    precipitation: float = 0.0
    fog_density: float = 0.0
    wetness: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values that CARLA has not."""
        check_range("sun_altitude", self.sun_altitude, -90.0, 90.0)
        for name in ("cloudiness", "precipitation", "fog_density", "wetness"):
            check_range(name, getattr(self, name), 0.0, 100.0)


# cloudiness, precipitation, fog density, wetness: carla.WeatherParameters' presets, with its
# precipitation_deposits as wetness.
_SKIES = {
    "Clear": (5.0, 0.0, 2.0, 0.0),
    "Cloudy": (60.0, 0.0, 3.0, 0.0),
    "Wet": (5.0, 0.0, 3.0, 50.0),
    "WetCloudy": (60.0, 0.0, 3.0, 50.0),
    "SoftRain": (20.0, 30.0, 3.0, 50.0),
    "MidRain": (60.0, 60.0, 3.0, 60.0),
    "HardRain": (100.0, 100.0, 7.0, 90.0),
    "Foggy": (60.0, 0.0, 60.0, 10.0),
}
_TIMES = {"Noon": 45.0, "Sunset": 15.0, "Night": -90.0}

PRESETS: Mapping[str, Conditions] = MappingProxyType(
    {
        sky + time: Conditions(altitude, *values)
        for time, altitude in _TIMES.items()
        for sky, values in _SKIES.items()
    }
)
"""Named as CARLA names them (ClearNoon ... HardRainNight), plus Foggy at each time of day."""

# The order a drive without fixed conditions goes through.
_SCHEDULE = (
    "ClearNoon",
    "CloudyNoon",
    "WetCloudyNoon",
    "HardRainNoon",
    "WetNoon",
    "ClearNoon",
    "FoggyNoon",
    "CloudyNoon",
    "CloudySunset",
    "ClearSunset",
    "ClearNight",
    "MidRainNight",
    "WetNight",
    "WetSunset",
)
SCHEDULE_RATE = 20.0  # steps of the schedule a second, for those who count seconds
STAGE_FRAMES = 400
BLEND_FRAMES = 120


def preset(name: str) -> Conditions:
    """The preset of that name.

    Raises:
        ConfigError: no preset is called so; the message lists those there are.
    """
    try:
        return PRESETS[name]
    except KeyError:
        allowed = ", ".join(PRESETS)
        raise ConfigError(f"conditions is {name!r}: it must be one of {allowed}") from None


def carla_conditions(
    *,
    cloudiness: float = 0.0,
    precipitation: float = 0.0,
    precipitation_deposits: float = 0.0,
    sun_altitude_angle: float = 45.0,
    fog_density: float = 0.0,
    fog_distance: float = 0.0,
    wetness: float = 0.0,
    **others: float,
) -> Conditions:
    """The conditions that come nearest to the fields of ``carla.WeatherParameters``.

    Like CARLA, it refuses nothing: what is out of range is taken to its end. Values are taken in
    steps nobody sees, so that a weather that changes a little at every tick does not light the
    whole street anew each time.

    Args:
        cloudiness: 0 to 100.
        precipitation: 0 to 100.
        precipitation_deposits: Puddles, 0 to 100.
        sun_altitude_angle: Degrees above the horizon.
        fog_density: 0 to 100.
        fog_distance: Metres at which the fog begins; far fog is drawn as thinner fog.
        wetness: Wet look of the road, 0 to 100.
        others: Further fields, which change nothing here: the street's sun stays at one azimuth,
            and it knows no wind, dust or scattering.
    """
    clear = 50.0 / (50.0 + _held(fog_distance, 0.0, 1e6))
    return Conditions(
        sun_altitude=round(2.0 * _held(sun_altitude_angle, -90.0, 90.0)) / 2.0,
        cloudiness=float(round(_held(cloudiness, 0.0, 100.0))),
        precipitation=float(round(_held(precipitation, 0.0, 100.0))),
        fog_density=float(round(_held(fog_density, 0.0, 100.0) * clear)),
        wetness=float(round(_held(max(precipitation_deposits, wetness), 0.0, 100.0))),
    )


def _held(value: float, low: float, high: float) -> float:
    """The value within its range; what is no number counts as 0."""
    return 0.0 if math.isnan(value) else min(high, max(low, value))


def scheduled(index: float) -> tuple[str, str, float]:
    """Preset now, preset to come, and how far the change has gone (0 to 1), at a step."""
    whole, step = divmod(index, STAGE_FRAMES)
    stage = int(whole)
    now = _SCHEDULE[stage % len(_SCHEDULE)]
    after = _SCHEDULE[(stage + 1) % len(_SCHEDULE)]
    return now, after, max(0.0, (step - (STAGE_FRAMES - BLEND_FRAMES)) / BLEND_FRAMES)
