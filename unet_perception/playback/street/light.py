# SPDX-License-Identifier: Apache-2.0
"""What conditions do to colours: sun, ambient light, haze and lamps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.conditions import Conditions

# The sun's compass direction on the street, radians; CARLA's presets keep it fixed as well.
SUN_AZIMUTH = 0.9

_KEPT = 32  # lights, for a drive through the weathers or a client that goes back and forth
_BLEND_STEPS = 40

RGB = NDArray[np.float32]


def _rgb(red: float, green: float, blue: float) -> RGB:
    return np.array([red, green, blue], np.float32)


def _ramp(value: float, low: float, high: float) -> float:
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@dataclass(frozen=True, eq=False)
class Light:
    """Light on the scene; colours are RGB multipliers or RGB 0..255 where named ``_color``."""

    sun: RGB
    ambient: RGB
    direction: RGB
    haze_color: RGB
    zenith_color: RGB
    horizon_color: RGB
    haze: float
    night: float
    clouds: float
    wet: float
    rain: float
    glow: float

    @property
    def strength(self) -> float:
        """How much darker a cast shadow is than the sunlit ground, 0 to 1."""
        lit = float((self.sun * self.direction[2] + self.ambient).mean())
        return float((self.sun * self.direction[2]).mean()) / max(lit, 1e-6)

    def ground(self) -> RGB:
        """Light on level ground in the sun."""
        lit: RGB = self.ambient + self.sun * self.direction[2]
        return lit


def light_of(conditions: Conditions) -> Light:
    """The light that conditions make."""
    altitude = conditions.sun_altitude
    day = _ramp(altitude, -8.0, 14.0)
    warm = math.exp(-(((altitude - 8.0) / 11.0) ** 2))
    clouds = conditions.cloudiness / 100.0
    rain = conditions.precipitation / 100.0
    fog = conditions.fog_density / 100.0
    elevation = math.radians(max(14.0, min(altitude, 80.0)))
    direction = _rgb(
        math.cos(SUN_AZIMUTH) * math.cos(elevation),
        math.sin(SUN_AZIMUTH) * math.cos(elevation),
        math.sin(elevation),
    )
    sunny = day * (1.0 - 0.92 * _ramp(clouds, 0.1, 0.95)) * (1.0 - 0.8 * min(1.0, fog * 1.6))
    sun = sunny * (_rgb(0.80, 0.76, 0.68) * (1 - warm) + _rgb(1.05, 0.66, 0.38) * warm)
    sun = sun * (1.0 + 0.7 * warm)
    dim = 1.0 - 0.25 * rain
    ambient = day * dim * (_rgb(0.42, 0.45, 0.50) + 0.2 * clouds * _rgb(1.0, 1.0, 1.0))
    ambient = ambient * (1 - 0.12 * warm) + (1 - day) * _rgb(0.125, 0.13, 0.17)
    zenith = _rgb(90, 131, 184) * (1 - warm) + _rgb(70, 92, 142) * warm
    horizon = _rgb(196, 212, 226) * (1 - warm) + _rgb(250, 186, 122) * warm
    grey = _rgb(158, 164, 172) * dim
    cover = _ramp(clouds, 0.3, 1.0) * 0.85
    zenith = zenith * (1 - cover) + grey * cover
    horizon = horizon * (1 - cover) + (grey + 22) * cover
    mist = _rgb(196, 200, 204)
    zenith = zenith * (1 - min(1.0, 1.5 * fog)) + mist * min(1.0, 1.5 * fog)
    horizon = horizon * (1 - min(1.0, 1.8 * fog)) + mist * min(1.0, 1.8 * fog)
    zenith = zenith * day + _rgb(7, 9, 19) * (1 - day)
    horizon = horizon * day + _rgb(34, 35, 46) * (1 - day)
    return Light(
        sun=sun.astype(np.float32),
        ambient=ambient.astype(np.float32),
        direction=direction,
        haze_color=(horizon * 0.96).astype(np.float32),
        zenith_color=zenith.astype(np.float32),
        horizon_color=horizon.astype(np.float32),
        haze=0.0016 + 0.035 * fog**1.3 + 0.005 * rain,
        night=1.0 - day,
        clouds=clouds,
        wet=max(conditions.wetness / 100.0, 0.6 * rain),
        rain=rain,
        glow=warm * day * (1.0 - clouds) * (1.0 - fog),
    )


def blend(now: Light, after: Light, share: float) -> Light:
    """The light between two, ``share`` of the second (0 to 1)."""
    names = Light.__dataclass_fields__
    mixed = {n: getattr(now, n) * (1 - share) + getattr(after, n) * share for n in names}
    mixed["direction"] = mixed["direction"] / np.linalg.norm(mixed["direction"])
    return Light(**mixed)


def light_between(now: Conditions, after: Conditions, share: float) -> Light:
    """The light on the way from one to another, in steps; ``share`` is 0 to 1.

    It is the same object while it is kept: painters keep work for it.
    """
    return _light(now, after, round(share * _BLEND_STEPS))


@lru_cache(maxsize=_KEPT)
def _light(now: Conditions, after: Conditions, step: int) -> Light:
    if now == after:
        return light_of(now)
    return blend(_light(now, now, 0), _light(after, after, 0), step / _BLEND_STEPS)
