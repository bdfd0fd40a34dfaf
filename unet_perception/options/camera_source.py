# SPDX-License-Identifier: Apache-2.0
"""What a user can set of the camera source."""

from __future__ import annotations

from dataclasses import dataclass

from unet_perception.options.option import Option, folder_or_nothing, number, switch

CAMERA_SOURCE_OPTIONS = (
    Option(
        "data",
        "",
        "what to play: empty for the built-in street, else a folder in the dataset layout",
        "a folder with CameraRGB/ and CameraMask/, or empty",
        folder_or_nothing,
    ),
    Option(
        "split",
        "auto",
        "part of the folder; auto takes val where there is a val.txt, else all",
        "auto, all, or the name of a list such as val for val.txt",
        bool,
    ),
    number("rate", 20.0, "frames per second", 0.1, 240.0),
    switch("loop", True, "begin again after the folder's last frame"),
    number("seed", 0, "which street is driven", 0, 2**31 - 1),
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
