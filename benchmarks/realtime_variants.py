# SPDX-License-Identifier: Apache-2.0
"""What realtime.py compares: which processes each variant starts, and on which transport."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unet_perception.ros.transport import profile

HERE = Path(__file__).parent
CAMERAS = ("front", "left", "right", "rear")
ENGINE_TIMES = "engine.times"
TRANSPORT_VARIABLES = (
    profile.PROFILE_VARIABLE,
    profile.OLD_PROFILE_VARIABLE,
    "FASTDDS_BUILTIN_TRANSPORTS",
)


@dataclass(frozen=True)
class Case:
    """What a camera sends.

    Attributes:
        width: Columns of its pictures, which are bgra8.
        height: Rows.
        rate: Frames a second.
        cameras: Names, several if there are several cameras; one camera has no name.
    """

    width: int
    height: int
    rate: float
    cameras: tuple[str, ...] = ("",)

    def __str__(self) -> str:
        """Return, say, ``800x600 at 30 Hz``."""
        many = f"{len(self.cameras)} cameras of " if len(self.cameras) > 1 else ""
        return f"{many}{self.width}x{self.height} at {self.rate:g} Hz"


@dataclass(frozen=True)
class Network:
    """What every node runs; the tutorial's always in eager fp32.

    Attributes:
        model: Name or folder of a bundle.
        engine: See ``open_engine``.
        precision: See ``open_engine``.
    """

    model: str
    engine: str
    precision: str


Commands = Callable[[Case, Network, Path], list[list[str]]]
"""Python's arguments for each process of a variant, given a folder for its files."""


@dataclass(frozen=True)
class Variant:
    """One way to make masks.

    Attributes:
        name: In tables and on the command line.
        commands: What it starts.
        profile: Whether all processes get our transport profile, or Fast DDS's defaults.
        overlay: Whether the viewer subscribes to the overlay as well.
    """

    name: str
    commands: Commands
    profile: bool = True
    overlay: bool = False

    def environment(self) -> dict[str, str]:
        """Return the environment of all its processes."""
        result = {k: v for k, v in os.environ.items() if k not in TRANSPORT_VARIABLES}
        if self.profile:
            result |= profile.shipped_profile(result)
        return result


def image_topic(camera: str) -> str:
    """Return the topic of a camera's pictures."""
    return "/".join(filter(None, ("/camera", camera, "image")))


def output_topic(camera: str, output: str) -> str:
    """Return the topic of a camera's ``mask`` or ``overlay``, the same for all variants."""
    return "/".join(filter(None, ("/perception", camera, output)))


def _perception(network: Network, parameters: dict[str, str], name: str = "") -> list[str]:
    values = {**vars(network), **parameters}
    pairs = [item for key, value in values.items() for item in ("-p", f"{key}:={value}")]
    names = ["-r", f"__node:={name}", "-r", "__ns:=/perception"] if name else []
    return ["-m", "unet_perception.nodes", "perception", "--ros-args", *pairs, *names]


def _ours(case: Case, network: Network, folder: Path) -> list[list[str]]:
    del folder
    return [_perception(network, {"input_image_topic": image_topic(case.cameras[0])})]


def _one_for_all(case: Case, network: Network, folder: Path) -> list[list[str]]:
    del folder
    cameras = f"[{', '.join(case.cameras)}]"
    topics = image_topic("{camera}")
    return [_perception(network, {"cameras": cameras, "input_image_topic": topics})]


def _one_for_each(case: Case, network: Network, folder: Path) -> list[list[str]]:
    del folder
    return [
        _perception(network, {"input_image_topic": image_topic(camera)}, camera)
        for camera in case.cameras
    ]


def _tutorial(case: Case, network: Network, folder: Path) -> list[list[str]]:
    del folder
    camera = case.cameras[0]
    topics = [image_topic(camera), output_topic(camera, "mask"), output_topic(camera, "overlay")]
    return [[str(HERE / "realtime_tutorial.py"), network.model, *topics]]


def _moving(case: Case, network: Network, folder: Path) -> list[list[str]]:
    del network, folder
    camera = case.cameras[0]
    topics = [image_topic(camera), output_topic(camera, "mask")]
    return [[str(HERE / "realtime_echo.py"), str(case.width), str(case.height), *topics]]


def _floor(case: Case, network: Network, folder: Path) -> list[list[str]]:
    (command,) = _moving(case, network, folder)
    return [[*command, str(folder / ENGINE_TIMES), *vars(network).values()]]


_ALL = (
    Variant("tutorial", _tutorial, profile=False),
    Variant("tutorial-profile", _tutorial),
    Variant("ours", _ours),
    Variant("ours-overlay", _ours, overlay=True),
    Variant("moving", _moving),
    Variant("floor", _floor),
)
VARIANTS = {variant.name: variant for variant in _ALL}
"""With one camera. ``moving`` moves a frame and a mask; ``floor`` runs the network in between."""

_OF_MANY = (Variant("one-for-all", _one_for_all), Variant("one-for-each", _one_for_each))
VARIANTS_OF_MANY = {variant.name: variant for variant in _OF_MANY}
"""With several cameras: one of our nodes, or one for each camera."""
