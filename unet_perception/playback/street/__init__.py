# SPDX-License-Identifier: Apache-2.0
"""The built-in street: a procedural drive with exact class ids, for when there is no CARLA."""

from unet_perception.playback.street.camera import CameraModel
from unet_perception.playback.street.classes import LABEL_SET
from unet_perception.playback.street.conditions import PRESETS, Conditions, preset
from unet_perception.playback.street.street import Street, StreetFrame

__all__ = [
    "LABEL_SET",
    "PRESETS",
    "CameraModel",
    "Conditions",
    "Street",
    "StreetFrame",
    "preset",
]
