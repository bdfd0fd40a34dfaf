# SPDX-License-Identifier: Apache-2.0
"""How much training pictures are varied: the ``augment.*`` keys of a recipe."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from unet_perception.errors import ConfigError

_SHARE = (0.0, 1.0)
_LIMITS: dict[str, tuple[float, float]] = {
    "zoom_min": (0.25, 8.0),
    "zoom_max": (0.25, 8.0),
    "shift": (0.0, 0.5),
    "aspect": (0.0, 0.5),
    "rotation": (0.0, 45.0),
    "exposure": (0.0, 1.0),
    "gamma": (0.0, 1.0),
    "contrast": (0.0, 1.0),
    "cast": (0.0, 0.5),
}
"""Lowest and highest value of what is no probability."""


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training picture; the defaults are those of the default recipe.

    Unless said otherwise a value is the share of pictures that it happens to, 0 to 1.

    Attributes:
        flip: Mirrored left to right.
        zoom_min: Least magnification; below 1 the frame does not fill the input, and what is
            beyond its edge is unlabeled.
        zoom_max: Largest magnification; at 2 half of the frame's height fills the input.
        shift: Standard deviation of the place of a frame that does not fill the input, in
            shares of its size.
        aspect: Standard deviation of the logarithm of width over height.
        rotation: Standard deviation of the camera's roll, in degrees.
        square: Sampled so that things keep their shape, where a frame of another aspect than
            the input would be squeezed.
        paste: Small things of rare classes are pasted in from another picture.
        jpeg: Compressed hard.
        clean: Left as the camera gave it, but for the geometry above.
        recolor: Each class gets a tint of its own.
        shadow: Soft shadows fall into the picture.
        wet: The ground is dark and mirrors what is above.
        haze: Haze or fog, thicker with distance.
        night: Night, with headlights and lamps.
        sunset: Low warm light.
        glare: The sun shines into the camera.
        rain: Rain falls; the light is dull and drops are on the lens.
        exposure: Standard deviation of the logarithm of the brightness.
        gamma: Standard deviation of the logarithm of gamma.
        contrast: Standard deviation of the logarithm of the contrast.
        saturation: Saturation is between none and 1.8 times as much.
        hue: All hues are turned.
        cast: Standard deviation of the logarithm of each colour channel's gain.
        grey: Without colour.
        blur: Out of focus, or blurred by motion.
        sharpen: Sharpened as cameras do.
        noise: Sensor noise.
    """

    flip: float = 0.5
    zoom_min: float = 0.87
    zoom_max: float = 2.0
    shift: float = 0.03
    aspect: float = 0.06
    rotation: float = 2.0
    square: float = 0.5
    paste: float = 0.0
    jpeg: float = 0.15
    clean: float = 0.1
    recolor: float = 0.25
    shadow: float = 0.3
    wet: float = 0.25
    haze: float = 0.2
    night: float = 0.12
    sunset: float = 0.15
    glare: float = 0.12
    rain: float = 0.15
    exposure: float = 0.25
    gamma: float = 0.3
    contrast: float = 0.2
    saturation: float = 0.7
    hue: float = 0.08
    cast: float = 0.07
    grey: float = 0.04
    blur: float = 0.2
    sharpen: float = 0.15
    noise: float = 0.25

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = _LIMITS.get(field.name, _SHARE)
            # A bool is an int to Python, but nobody means it as one.
            if type(value) not in (int, float) or not low <= value <= high:
                raise ConfigError(
                    f"augment.{field.name} is {value!r}; it must be a number {low:g} to {high:g}"
                )
        if self.zoom_min > self.zoom_max:
            raise ConfigError(
                f"augment.zoom_min is {self.zoom_min}; it must be at most augment.zoom_max, "
                f"which is {self.zoom_max}"
            )
        if self.night + self.sunset > 1.0:
            raise ConfigError(
                f"augment.night is {self.night} and augment.sunset {self.sunset}; together they "
                "must be at most 1, because no picture is both"
            )

    @classmethod
    def none(cls) -> Augmentation:
        """Return the settings under which every picture stays as the node would see it."""
        zero = dict.fromkeys((field.name for field in fields(cls)), 0.0)
        return cls(**{**zero, "zoom_min": 1.0, "zoom_max": 1.0})

    @property
    def moves(self) -> bool:
        """Whether pictures are sampled at other places than the node samples them."""
        still = (self.flip, self.shift, self.aspect, self.rotation, self.square)
        return any(still) or (self.zoom_min, self.zoom_max) != (1.0, 1.0)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)
