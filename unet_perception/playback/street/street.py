# SPDX-License-Identifier: Apache-2.0
"""The built-in street: a drive that needs no CARLA and no data, with exact class ids."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.playback.street import classes
from unet_perception.playback.street.bonnet import Bonnet
from unet_perception.playback.street.camera import CameraModel, check_range
from unet_perception.playback.street.conditions import PRESETS, Conditions, scheduled
from unet_perception.playback.street.glow import Glow
from unet_perception.playback.street.ground import Ground
from unet_perception.playback.street.light import Light, blend, light_of
from unet_perception.playback.street.painter import Painter
from unet_perception.playback.street.scene import scene
from unet_perception.playback.street.sky import Sky
from unet_perception.playback.street.weather import Weather
from unet_perception.playback.street.world import World

_BLEND_STEPS = 40


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
    ) -> None:
        """Prepare a drive.

        Args:
            seed: which street; any whole number.
            camera: the camera on the ego vehicle.
            rate: frames per second of the drive, above 0 and up to 1000; the ego does 8 m/s.
            conditions: weather and time of day; None lets the drive pass through all of them.
            bonnet: whether the ego's bonnet (class Car) is in the picture.

        Raises:
            ConfigError: an argument is outside what is allowed.
        """
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ConfigError(f"seed is {seed!r}: it must be a whole number")
        check_range("rate", rate, 0.1, 1000.0)
        if conditions is not None and not isinstance(conditions, Conditions):
            raise ConfigError(f"conditions is {conditions!r}: it must be Conditions or None")
        self.seed = seed
        self.camera = camera if camera is not None else CameraModel()
        self.rate = float(rate)
        self.conditions = conditions
        self._world = World(seed)
        self._sky = Sky(seed, self.camera)
        self._ground = Ground(self.camera)
        self._painter = Painter(self.camera)
        self._glow = Glow(self.camera)
        self._weather = Weather(self.camera)
        self._bonnet = Bonnet(self.camera) if bonnet else None
        self._lights: dict[str, Light] = {n: light_of(c) for n, c in PRESETS.items()}
        self._mixed: tuple[tuple[str, str, int], Light] | None = None
        self._fixed = "custom"
        if conditions is not None:
            self._fixed = next((n for n, c in PRESETS.items() if c == conditions), "custom")
            self._lights[self._fixed] = light_of(conditions)

    def frame(self, index: int) -> StreetFrame:
        """The frame of that number.

        Raises:
            ConfigError: the index is no whole number from 0 up.
        """
        if not isinstance(index, (int, np.integer)) or isinstance(index, bool) or index < 0:
            raise ConfigError(f"index is {index!r}: it must be a whole number from 0 up")
        index = int(index)
        now, after, share = (self._fixed, self._fixed, 0.0)
        if self.conditions is None:
            now, after, share = scheduled(index)
        light = self._lights[now]
        sky = self._sky.panorama(now, light)
        next_sky = None
        if share > 0.0:
            next_sky = self._sky.panorama(after, self._lights[after])
            light = self._between(now, after, share)
        view = scene(self._world, self.camera, self.seed, index, self.rate)
        canvas = np.empty((self.camera.height, self.camera.width, 4), np.uint8)
        self._ground.paint(canvas, view, light)
        self._sky.paint(canvas, view.view.heading, sky, next_sky, share)
        self._painter.paint(canvas, view, light)
        self._glow.paint(canvas, view, light)
        if self._bonnet is not None:
            self._bonnet.paint(canvas, light)
        ids = np.asarray(cv2.extractChannel(canvas, 3), np.uint8)
        # Channels are R, G, B, id: dropping the last one needs no reordering.
        rgb = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGRA2BGR), np.uint8)
        rgb = self._weather.apply(rgb, ids, light, view.s, (self.seed, index))
        name = f"{now}>{after}" if share > 0.0 else now
        return StreetFrame(rgb, ids, index, name)

    def _between(self, now: str, after: str, share: float) -> Light:
        """The light on the way from one to another, in steps that painters can keep work for."""
        name = (now, after, round(share * _BLEND_STEPS))
        if self._mixed is None or self._mixed[0] != name:
            part = name[2] / _BLEND_STEPS
            self._mixed = (name, blend(self._lights[now], self._lights[after], part))
        return self._mixed[1]
