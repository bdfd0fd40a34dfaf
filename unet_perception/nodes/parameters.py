# SPDX-License-Identifier: Apache-2.0
"""What a user can set, checked before anything is started."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unet_perception.engines.select import ENGINES, PRECISIONS
from unet_perception.errors import ConfigError

Value = bool | int | float | str

ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides.")
"""Parameters, or the beginnings of them, that belong to every ROS node."""


@dataclass(frozen=True)
class Option:
    """One parameter.

    Attributes:
        name: Its name.
        default: Its default, which also sets its type.
        description: What it does.
        allowed: What it may be, in words.
        accepts: Tells whether a value of the right type is allowed.
    """

    name: str
    default: Value
    description: str
    allowed: str
    accepts: Callable[[Any], bool] = lambda value: True

    def check(self, value: object) -> Value:
        """Return the value in the option's type.

        Raises:
            ConfigError: The value has another type or is not allowed.
        """
        wanted = type(self.default)
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted or not self.accepts(value):
            raise ConfigError(f"parameter {self.name} is {value!r}; it must be {self.allowed}")
        return value


def read_options(options: tuple[Option, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """Return a value for each option, given or default.

    Raises:
        ConfigError: A value is not allowed, or a name is not known (a typing error would
            otherwise pass as the default).
    """
    names = {option.name for option in options}
    for name in given:
        if name not in names and not name.startswith(ROS_OWN):
            raise ConfigError(
                f"parameter {name} is not known; known are {', '.join(sorted(names))}"
            )
    return {option.name: option.check(given.get(option.name, option.default)) for option in options}


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: math.isfinite(value) and low <= value <= high


PERCEPTION_OPTIONS = (
    Option(
        "model",
        "carla_unet",
        "model bundle",
        "the name of a shipped model or the path of a bundle's folder",
        bool,
    ),
    Option(
        "engine",
        "auto",
        "what runs the network; auto takes the fastest that is installed",
        f"one of {', '.join(ENGINES)}",
        _one_of(ENGINES),
    ),
    Option(
        "precision",
        "auto",
        "precision of the network's arithmetic; auto is fp32, bf16 is faster where there is any",
        f"one of {', '.join(PRECISIONS)}",
        _one_of(PRECISIONS),
    ),
    Option(
        "threads",
        0,
        "processor threads of the engine; 0 takes all cores",
        "a whole number from 0 to 1024",
        _between(0, 1024),
    ),
    Option(
        "overlay_alpha",
        0.5,
        "weight of the class colours in ~/overlay: 0 shows the picture only, 1 the colours only",
        "a number from 0 to 1",
        _between(0.0, 1.0),
    ),
)


@dataclass(frozen=True)
class PerceptionConfig:
    """Settings of the perception node; see ``PERCEPTION_OPTIONS``."""

    model: str
    engine: str
    precision: str
    threads: int
    overlay_alpha: float

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> PerceptionConfig:
        """Make the settings from what ``read_options`` returned."""
        return cls(**values)


CAMERA_SOURCE_OPTIONS = (
    Option(
        "data",
        "",
        "what to play: empty for the built-in street, else a folder in the dataset layout",
        "a folder with CameraRGB/ and CameraMask/, or empty",
        lambda value: not value or Path(value).expanduser().is_dir(),
    ),
    Option(
        "split",
        "auto",
        "part of the folder; auto takes val where there is a val.txt, else all",
        "auto, all, or the name of a list such as val for val.txt",
        bool,
    ),
    Option(
        "rate",
        20.0,
        "frames per second",
        "a number from 0.1 to 240",
        _between(0.1, 240.0),
    ),
    Option("loop", True, "begin again after the folder's last frame", "true or false"),
    Option(
        "seed",
        0,
        "which street is driven",
        "a whole number from 0 to 2147483647",
        _between(0, 2**31 - 1),
    ),
    Option(
        "conditions",
        "",
        "weather and light of the street, such as HardRainNoon; empty lets them change",
        "the name of a preset, or empty",
    ),
    Option(
        "label_set",
        "carla-0.8",
        "label set of the true mask that is published beside the picture",
        "the name of a label set or the path of its .yaml file",
        bool,
    ),
)


@dataclass(frozen=True)
class CameraSourceConfig:
    """Settings of the camera source; see ``CAMERA_SOURCE_OPTIONS``."""

    data: str
    split: str
    rate: float
    loop: bool
    seed: int
    conditions: str
    label_set: str

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> CameraSourceConfig:
        """Make the settings from what ``read_options`` returned."""
        return cls(**values)
