# SPDX-License-Identifier: Apache-2.0
"""The table of CARLA's presets is CARLA's."""

from __future__ import annotations

import pytest

from unet_perception.carla.weather import FIELDS, PRESETS, TIMES, check_field


def test_the_presets_are_those_of_carlas_client() -> None:
    carla = pytest.importorskip("carla")
    # Default leaves all to the town; it is no weather that one could record.
    names = {name for name in dir(carla.WeatherParameters) if name[0].isupper()} - {"Default"}
    assert set(PRESETS) == names
    for name in names:
        preset = getattr(carla.WeatherParameters, name)
        assert {key for key in dir(preset) if key[0].islower()} == set(FIELDS)
        for key, value in PRESETS[name].items():
            assert value == pytest.approx(getattr(preset, key), abs=1e-6), f"{name} {key}"
        again = carla.WeatherParameters(**PRESETS[name])
        assert again.sun_altitude_angle == preset.sun_altitude_angle


def test_every_preset_is_within_what_is_allowed() -> None:
    for preset in PRESETS.values():
        assert {key: check_field(key, value) for key, value in preset.items()} == preset


def test_the_times_are_those_of_the_presets() -> None:
    for time, altitude in TIMES.items():
        assert PRESETS[f"Clear{time.title()}"]["sun_altitude_angle"] == altitude
