# SPDX-License-Identifier: Apache-2.0
"""What a playback server shows in its towns, and where their roads go."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from unet_perception.carla.weather import WIRE_CLEAR_NOON, WIRE_FIELDS
from unet_perception.errors import ConfigError
from unet_perception.labels import load_label_set
from unet_perception.playback.opendrive import opendrive
from unet_perception.playback.scenes import FolderScene, Scene, StreetScene
from unet_perception.playback.street import Track, preset
from unet_perception.playback.street.conditions import SCHEDULE_RATE, scheduled
from unet_perception.playback.transform import Transform

TOWNS = ("Town01", "Town02", "Town03", "Town04", "Town05", "Town06", "Town07", "Town10HD_Opt")
"""As the real server names them; each is another built-in street."""

START_TOWN = "Town10HD_Opt"
START_SEED = 0
MAP_LENGTH = 4000.0


class Drive:
    """Where a town's road goes, in CARLA's axes."""

    def __init__(self, seed: int) -> None:
        """Take the street of a seed."""
        self._track = Track(seed)
        self._opendrive = ""

    def place(self, distance: float) -> Transform:
        """Return where the ego's lane is after so many metres."""
        place = self._track.place(distance)
        return Transform(place.x, place.y, place.z, 0.0, place.yaw, 0.0)

    def nearest(self, x: float, y: float) -> float:
        """Return how many metres along the drive a point lies."""
        return self._track.nearest(x, y)

    def opendrive(self) -> str:
        """Return the road as an OpenDRIVE map."""
        self._opendrive = self._opendrive or opendrive(self._track, MAP_LENGTH)
        return self._opendrive


class Stage(Protocol):
    """What towns look like and where their roads go."""

    def scene(self, town: str) -> Scene:
        """Return what draws a town."""

    def drive(self, town: str) -> Drive:
        """Return a town's road."""

    def weather(self, seconds: float) -> tuple[float, ...]:
        """Return CARLA's 14 weather parameters as long as no client sets any."""


class StreetStage:
    """Every town is a built-in street of its own."""

    def scene(self, town: str) -> Scene:
        """Return the street."""
        return StreetScene(_seed(town))

    def drive(self, town: str) -> Drive:
        """Return the street's road."""
        return Drive(_seed(town))

    def weather(self, seconds: float) -> tuple[float, ...]:
        """Return what the drive's schedule has come to."""
        now, after, share = scheduled(seconds * SCHEDULE_RATE)
        return tuple(
            (1.0 - share) * before + share * behind
            for before, behind in zip(_parameters(now), _parameters(after), strict=True)
        )

    def __str__(self) -> str:
        """Say what is shown."""
        return "the built-in street"


class FolderStage(StreetStage):
    """Every town shows the same recorded pairs, and has the built-in street's road."""

    def __init__(self, root: Path, split: str, label_set: str | None) -> None:
        """Open the folder; arguments as for ``FolderScene``.

        Raises:
            UnetPerceptionError: It cannot be played.
        """
        if not root.is_dir():
            raise ConfigError(f"data is {str(root)!r}; it must be an existing folder")
        self._root = root
        self._scene = FolderScene(root, split, load_label_set(label_set) if label_set else None)

    def scene(self, town: str) -> Scene:
        """Return the folder."""
        return self._scene

    def weather(self, seconds: float) -> tuple[float, ...]:
        """Return CARLA's default: a folder does not tell."""
        return WIRE_CLEAR_NOON

    def __str__(self) -> str:
        """Say what is shown."""
        return f"{len(self._scene.pairs)} pairs of {self._root}"


def _parameters(preset_name: str) -> tuple[float, ...]:
    weather = preset(preset_name)
    given = {
        "cloudiness": weather.cloudiness,
        "precipitation": weather.precipitation,
        "precipitation_deposits": weather.wetness,
        "wetness": weather.wetness,
        "sun_altitude_angle": weather.sun_altitude,
        "fog_density": weather.fog_density,
    }
    return tuple(given.get(k, v) for k, v in zip(WIRE_FIELDS, WIRE_CLEAR_NOON, strict=True))


def _seed(town: str) -> int:
    # The first town is the street that everything else here shows by default.
    digits = "".join(character for character in town if character.isdigit())
    return START_SEED if town == START_TOWN else int(digits or 99)
