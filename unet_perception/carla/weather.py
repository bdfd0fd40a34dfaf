# SPDX-License-Identifier: Apache-2.0
"""CARLA's weather presets and times of day, known without CARLA."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unet_perception.errors import ConfigError

FIELDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "cloudiness": (0.0, 100.0),
        "precipitation": (0.0, 100.0),
        "precipitation_deposits": (0.0, 100.0),
        "wind_intensity": (0.0, 100.0),
        "sun_azimuth_angle": (-360.0, 360.0),
        "sun_altitude_angle": (-90.0, 90.0),
        "fog_density": (0.0, 100.0),
        "fog_distance": (0.0, 100000.0),
        "wetness": (0.0, 100.0),
        "fog_falloff": (0.0, 100.0),
        "scattering_intensity": (0.0, 100.0),
        "mie_scattering_scale": (0.0, 5.0),
        "rayleigh_scattering_scale": (0.0, 2.0),
        "dust_storm": (0.0, 100.0),
    }
)
"""Fields of ``carla.WeatherParameters`` in the order of its constructor, and what they may be."""

TIMES: Mapping[str, float] = MappingProxyType({"noon": 45.0, "sunset": 15.0, "night": -90.0})
"""Degrees of the sun above the horizon at the times of day that CARLA's presets have."""

_SAME_IN_ALL = {
    "sun_azimuth_angle": -1.0,
    "scattering_intensity": 1.0,
    "mie_scattering_scale": 0.03,
    "rayleigh_scattering_scale": 0.0331,
}
_CHANGING = tuple(key for key in FIELDS if key not in _SAME_IN_ALL)
# Of CARLA 0.9.16's client; a test compares them where it is installed.
_PRESETS = {
    "ClearNight": (5.0, 0.0, 0.0, 10.0, -90.0, 60.0, 75.0, 0.0, 1.0, 0.0),
    "ClearNoon": (5.0, 0.0, 0.0, 10.0, 45.0, 2.0, 0.75, 0.0, 0.1, 0.0),
    "ClearSunset": (5.0, 0.0, 0.0, 10.0, 15.0, 2.0, 0.75, 0.0, 0.1, 0.0),
    "CloudyNight": (60.0, 0.0, 0.0, 10.0, -90.0, 60.0, 0.75, 0.0, 0.1, 0.0),
    "CloudyNoon": (60.0, 0.0, 0.0, 10.0, 45.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "CloudySunset": (60.0, 0.0, 0.0, 10.0, 15.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "DustStorm": (100.0, 0.0, 0.0, 100.0, 45.0, 2.0, 0.75, 0.0, 0.1, 100.0),
    "HardRainNight": (100.0, 100.0, 90.0, 100.0, -90.0, 100.0, 0.75, 100.0, 0.1, 0.0),
    "HardRainNoon": (100.0, 100.0, 90.0, 100.0, 45.0, 7.0, 0.75, 0.0, 0.1, 0.0),
    "HardRainSunset": (100.0, 100.0, 90.0, 100.0, 15.0, 7.0, 0.75, 0.0, 0.1, 0.0),
    "MidRainSunset": (60.0, 60.0, 60.0, 60.0, 15.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "MidRainyNight": (80.0, 60.0, 60.0, 60.0, -90.0, 60.0, 0.75, 80.0, 0.1, 0.0),
    "MidRainyNoon": (60.0, 60.0, 60.0, 60.0, 45.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "SoftRainNight": (60.0, 30.0, 50.0, 30.0, -90.0, 60.0, 0.75, 60.0, 0.1, 0.0),
    "SoftRainNoon": (20.0, 30.0, 50.0, 30.0, 45.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "SoftRainSunset": (20.0, 30.0, 50.0, 30.0, 15.0, 2.0, 0.75, 0.0, 0.1, 0.0),
    "WetCloudyNight": (60.0, 0.0, 50.0, 10.0, -90.0, 60.0, 0.75, 60.0, 0.1, 0.0),
    "WetCloudyNoon": (60.0, 0.0, 50.0, 10.0, 45.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "WetCloudySunset": (60.0, 0.0, 50.0, 10.0, 15.0, 2.0, 0.75, 0.0, 0.1, 0.0),
    "WetNight": (5.0, 0.0, 50.0, 10.0, -90.0, 60.0, 75.0, 60.0, 1.0, 0.0),
    "WetNoon": (5.0, 0.0, 50.0, 10.0, 45.0, 3.0, 0.75, 0.0, 0.1, 0.0),
    "WetSunset": (5.0, 0.0, 50.0, 10.0, 15.0, 2.0, 0.75, 0.0, 0.1, 0.0),
}

PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        name: MappingProxyType(
            {
                key: {**_SAME_IN_ALL, **dict(zip(_CHANGING, values, strict=True))}[key]
                for key in FIELDS
            }
        )
        for name, values in _PRESETS.items()
    }
)
"""All fields of each preset by CARLA's name for it: ``ClearNoon``, ``HardRainSunset``."""

WIRE_FIELDS = (
    "cloudiness",
    "precipitation",
    "precipitation_deposits",
    "wind_intensity",
    "sun_azimuth_angle",
    "sun_altitude_angle",
    "fog_density",
    "fog_distance",
    "fog_falloff",
    "wetness",
    "scattering_intensity",
    "mie_scattering_scale",
    "rayleigh_scattering_scale",
    "dust_storm",
)
"""The fields in the order of CARLA's protocol."""

WIRE_CLEAR_NOON = tuple(PRESETS["ClearNoon"][field] for field in WIRE_FIELDS)
"""The weather that a server begins with."""


def preset(name: str) -> Mapping[str, float]:
    """Return the fields of a preset.

    Raises:
        ConfigError: CARLA has none of that name.
    """
    if not isinstance(name, str) or name not in PRESETS:
        known = ", ".join(sorted(PRESETS))
        raise ConfigError(f"weather {name!r} is not known to CARLA; known are {known}")
    return PRESETS[name]


def check_field(key: str, value: object) -> float:
    """Return the value of a weather field.

    Raises:
        ConfigError: CARLA has no such field, or it cannot have that value.
    """
    if key not in FIELDS:
        raise ConfigError(f"weather field {key!r} is not known; known are {', '.join(FIELDS)}")
    low, high = FIELDS[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"{key} is {value!r}; it must be a number")
    if not low <= value <= high:
        raise ConfigError(f"{key} is {value!r}; it must be {low:g} to {high:g}")
    return float(value)
