# SPDX-License-Identifier: Apache-2.0
"""The built-in street: a drive that needs no CARLA and no data, with exact class ids."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.playback.street import classes
from unet_perception.playback.street.bonnet import Bonnet, bonnet_in_sight
from unet_perception.playback.street.camera import CameraModel, check_range
from unet_perception.playback.street.conditions import (
    PRESETS,
    SCHEDULE_RATE,
    Conditions,
    scheduled,
)
from unet_perception.playback.street.glow import Glow
from unet_perception.playback.street.ground import Ground
from unet_perception.playback.street.light import light_between
from unet_perception.playback.street.painter import Painter
from unet_perception.playback.street.scene import scene
from unet_perception.playback.street.sky import Sky
from unet_perception.playback.street.traffic import SPEED
from unet_perception.playback.street.weather import Weather
from unet_perception.playback.street.world import World

_NAMES = {conditions: name for name, conditions in PRESETS.items()}
_FARTHEST = 1e8  # metres and seconds; beyond, places are no longer told apart finely


@dataclass(frozen=True, eq=False)
class StreetFrame:
    """One picture and what is on it.

    Attributes:
        rgb: uint8 (H, W, 3), RGB.
        ids: uint8 (H, W), class ids of the label set `Street.LABEL_SET`, exact for each pixel.
        index: number of the frame.
        conditions: name of the preset, "custom", or two names joined by ">" while one
            turns into the other.
    """

    rgb: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    index: int
    conditions: str


class Street:
    """An endless, deterministic drive with random access to its frames.

    The same arguments and index give the same bytes, in whatever order frames are asked for.
    """

    LABEL_SET = classes.LABEL_SET

    def __init__(
        self,
        seed: int = 0,
        camera: CameraModel | None = None,
        rate: float = 20.0,
        conditions: Conditions | None = None,
        bonnet: bool = True,
        world: World | None = None,
    ) -> None:
        """Prepare a drive.

        Args:
            seed: which street; any whole number.
            camera: the camera on the ego vehicle.
            rate: frames per second of the drive, above 0 and up to 1000; the ego does 8 m/s.
            conditions: weather and time of day; None lets the drive pass through all of them.
            bonnet: whether the ego's bonnet (class Car) is in the picture where the camera
                would see it.
            world: a world of the same seed that several streets share, one thread for them all;
                None makes one.

        Raises:
            ConfigError: an argument is outside what is allowed.
        """
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ConfigError(f"seed is {seed!r}: it must be a whole number")
        check_range("rate", rate, 0.1, 1000.0)
        if conditions is not None:
            _check(conditions)
        self.seed = seed
        self.camera = camera if camera is not None else CameraModel()
        self.rate = float(rate)
        self.conditions = conditions
        if world is not None and world.seed != seed:
            raise ConfigError(f"world is of seed {world.seed}: it must be of seed {seed}")
        self._world = world if world is not None else World(seed)
        self._sky = Sky(seed, self.camera)
        self._ground = Ground(self.camera)
        self._painter = Painter(self.camera)
        self._glow = Glow(self.camera)
        self._weather = Weather(self.camera)
        self._bonnet = Bonnet(self.camera) if bonnet and bonnet_in_sight(self.camera) else None

    def frame(self, index: int) -> StreetFrame:
        """The frame of that number, on a drive at 8 m/s.

        Raises:
            ConfigError: the index is no whole number from 0 up.
        """
        index = _whole(index)
        seconds = index / self.rate
        return self._draw(seconds, SPEED * seconds, self._weather_at(index), index)

    def view(
        self,
        seconds: float,
        distance: float,
        conditions: Conditions | None = None,
        index: int | None = None,
    ) -> StreetFrame:
        """What the camera sees at any time and place and in any weather.

        Args:
            seconds: the time, which moves the traffic.
            distance: metres along the drive to the ego's middle; at `Track.place` in the world.
            conditions: weather and time of day; None takes the street's own: what it was made
                with, or the drive's schedule by the time.
            index: number of the frame, which moves rain and grain; None takes the frame that
                is nearest in time.

        Raises:
            ConfigError: an argument is outside what is allowed.
        """
        check_range("seconds", seconds, 0.0, _FARTHEST)
        check_range("distance", distance, -_FARTHEST, _FARTHEST)
        index = round(seconds * self.rate) if index is None else _whole(index)
        if conditions is None:
            weather = self._weather_at(seconds * SCHEDULE_RATE)
        else:
            _check(conditions)
            weather = (conditions, conditions, 0.0)
        return self._draw(float(seconds), float(distance), weather, index)

    def _weather_at(self, step: float) -> tuple[Conditions, Conditions, float]:
        """Conditions now, those to come, and the share of these."""
        if self.conditions is not None:
            return self.conditions, self.conditions, 0.0
        now, after, share = scheduled(step)
        return PRESETS[now], PRESETS[after], share

    def _draw(
        self,
        seconds: float,
        distance: float,
        weather: tuple[Conditions, Conditions, float],
        index: int,
    ) -> StreetFrame:
        now, after, share = weather
        name = _NAMES.get(now, "custom")
        light = light_between(now, now, 0.0)
        sky = self._sky.panorama(now, light)
        next_sky = None
        if share > 0.0:
            name = f"{name}>{_NAMES.get(after, 'custom')}"
            next_sky = self._sky.panorama(after, light_between(after, after, 0.0))
            light = light_between(now, after, share)
        view = scene(self._world, self.camera, distance, seconds)
        canvas = np.empty((self.camera.height, self.camera.width, 4), np.uint8)
        self._ground.paint(canvas, view, light)
        self._sky.paint(canvas, view.heading, sky, next_sky, share)
        self._painter.paint(canvas, view, light)
        self._glow.paint(canvas, view, light)
        if self._bonnet is not None:
            self._bonnet.paint(canvas, light)
        ids = np.asarray(cv2.extractChannel(canvas, 3), np.uint8)
        # Channels are R, G, B, id: dropping the last one needs no reordering.
        rgb = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGRA2BGR), np.uint8)
        rgb = self._weather.apply(rgb, ids, light, view.s, (self.seed, index))
        return StreetFrame(rgb, ids, index, name)


def _whole(index: int) -> int:
    if not isinstance(index, (int, np.integer)) or isinstance(index, bool) or index < 0:
        raise ConfigError(f"index is {index!r}: it must be a whole number from 0 up")
    return int(index)


def _check(conditions: Conditions) -> None:
    if not isinstance(conditions, Conditions):
        raise ConfigError(f"conditions is {conditions!r}: it must be Conditions or None")
