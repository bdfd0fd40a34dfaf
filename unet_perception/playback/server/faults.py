# SPDX-License-Identifier: Apache-2.0
"""Faults to play to a client on purpose, for tests of what uses CARLA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unet_perception.errors import ConfigError

CAMERAS = ("rgb", "semantic_segmentation")


@dataclass(frozen=True)
class Faults:
    """What goes wrong.

    Attributes:
        errors: Text of the error that each call of a method is answered with, by method.
        drop: Of each camera type's images every N-th is never sent; ``rgb`` or
            ``semantic_segmentation`` to N, 1 drops all.
        delay: Seconds that images of a camera type are held back, by type.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    drop: Mapping[str, int] = field(default_factory=dict)
    delay: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        for key, given in (("drop", self.drop), ("delay", self.delay)):
            if unknown := sorted(set(given) - set(CAMERAS)):
                raise ConfigError(f"{key} names {unknown[0]!r}; it must be {' or '.join(CAMERAS)}")
        for camera, every in self.drop.items():
            if every < 1:
                raise ConfigError(f"drop of {camera} is {every}; it must be a whole number from 1")
        for camera, seconds in self.delay.items():
            if not 0.0 <= seconds <= 60.0:
                raise ConfigError(f"delay of {camera} is {seconds}; it must be 0 to 60 seconds")

    def drops(self, camera: str, index: int) -> bool:
        """Return whether image ``index`` (0 and up) of a camera type is lost."""
        every = self.drop.get(camera)
        return every is not None and index % every == every - 1
