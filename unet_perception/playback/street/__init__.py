# SPDX-License-Identifier: Apache-2.0
"""The built-in street: a procedural drive with exact class ids, for when there is no CARLA."""

from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.classes import LABEL_SET
from unet_perception.playback.street.conditions import (
    PRESETS,
    Conditions,
    carla_conditions,
    preset,
)
from unet_perception.playback.street.street import Street, StreetFrame
from unet_perception.playback.street.track import Place, Track
from unet_perception.playback.street.world import World

__all__ = [
    "LABEL_SET",
    "PRESETS",
    "CameraModel",
    "Conditions",
    "Place",
    "Street",
    "StreetFrame",
    "Track",
    "World",
    "carla_conditions",
    "preset",
]
