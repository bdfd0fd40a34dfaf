# SPDX-License-Identifier: Apache-2.0
"""Cameras as a YAML file lists them, checked key by key."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from unet_perception.errors import ConfigError
from unet_perception.files.documents import DocumentError, parse_yaml, read_text

CAMERA_TYPES = ("rgb", "semantic_segmentation", "depth", "instance_segmentation")
MAX_SIZE = 16384
MAX_RATE = 1000.0
OWN_ATTRIBUTES = {
    "image_size_x": "width",
    "image_size_y": "height",
    "fov": "fov",
    "sensor_tick": "rate",
    "role_name": "name",
}
"""Blueprint attributes that have a key of their own."""

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class CameraSpec:
    """One camera on the ego vehicle.

    Attributes:
        name: Its name, which becomes part of its topics and its frame.
        type: What it sees: one of ``CAMERA_TYPES``.
        width: Columns of its image.
        height: Rows of its image.
        fov: Horizontal field of view in degrees.
        x: Metres ahead of the vehicle's middle.
        y: Metres to the right of it.
        z: Metres above the ground.
        roll: Degrees, as CARLA turns.
        pitch: Degrees, upwards.
        yaw: Degrees, to the right.
        rate: Images for each second of simulated time; 0 gives one for every tick.
        attributes: More attributes of CARLA's blueprint, as text.

    Raises:
        ConfigError: A value has the wrong type or is out of range.
    """

    name: str
    type: str
    width: int = 800
    height: int = 600
    fov: float = 90.0
    x: float = 2.0
    y: float = 0.0
    z: float = 2.0
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    rate: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value."""
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"camera name {self.name!r} must begin with a letter and have only letters, "
                "digits and underscores, because it becomes part of a topic"
            )
        if self.type not in CAMERA_TYPES:
            raise self._refused("type", f"one of {', '.join(CAMERA_TYPES)}")
        for key in ("width", "height"):
            value = getattr(self, key)
            if type(value) is not int or not 1 <= value <= MAX_SIZE:
                raise self._refused(key, f"a whole number from 1 to {MAX_SIZE}")
        self._check_number("fov", 1.0, 179.0, "degrees from 1 to 179")
        self._check_number("rate", 0.0, MAX_RATE, f"0 (every tick) to {MAX_RATE:.0f} Hz")
        for key in ("x", "y", "z"):
            self._check_number(key, -1000.0, 1000.0, "metres from -1000 to 1000")
        for key in ("roll", "pitch", "yaw"):
            self._check_number(key, -360.0, 360.0, "degrees from -360 to 360")
        self._check_attributes()

    @property
    def blueprint(self) -> str:
        """The id of CARLA's blueprint."""
        return f"sensor.camera.{self.type}"

    @property
    def pose(self) -> tuple[float, float, float, float, float, float]:
        """x, y, z, roll, pitch, yaw."""
        return (self.x, self.y, self.z, self.roll, self.pitch, self.yaw)

    @property
    def view(self) -> Hashable:
        """Equal for cameras that see the same, at the same ticks: those make up a set."""
        return (self.pose, self.width, self.height, self.fov, self.rate)

    @property
    def blueprint_attributes(self) -> dict[str, str]:
        """All attributes that CARLA's blueprint is given, but for the role name."""
        return {
            **self.attributes,
            "image_size_x": str(self.width),
            "image_size_y": str(self.height),
            "fov": str(self.fov),
            "sensor_tick": str(1.0 / self.rate if self.rate else 0.0),
        }

    def _check_number(self, key: str, low: float, high: float, allowed: str) -> None:
        value = getattr(self, key)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            raise self._refused(key, allowed)
        object.__setattr__(self, key, float(value))

    def _check_attributes(self) -> None:
        if not isinstance(self.attributes, Mapping):
            raise self._refused("attributes", "a mapping of CARLA's attribute names to values")
        texts = {}
        for key, value in self.attributes.items():
            if key in OWN_ATTRIBUTES:
                raise self._refused("attributes", f"without {key}: use {OWN_ATTRIBUTES[key]}")
            if not isinstance(key, str) or not isinstance(value, (str, int, float)):
                raise self._refused("attributes", "names with a text, number or truth value each")
            texts[key] = str(value).lower() if isinstance(value, bool) else str(value)
        object.__setattr__(self, "attributes", texts)

    def _refused(self, key: str, allowed: str) -> ConfigError:
        return ConfigError(
            f"camera {self.name}: {key} is {getattr(self, key)!r}; it must be {allowed}"
        )


def load_cameras(path: str | Path) -> tuple[CameraSpec, ...]:
    """Read the cameras that a YAML file lists under ``cameras``, in its order.

    Raises:
        ConfigError: The file cannot be read or something in it is not allowed; the message
            names the file, the camera, the key, its value, and what is allowed.
    """
    path = Path(path)
    try:
        data = parse_yaml(read_text(path))
    except OSError as error:
        raise ConfigError(f"cannot read the cameras {path}: {error.strerror}") from error
    except DocumentError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(data, dict) or set(data) != {"cameras"}:
        raise ConfigError(f"{path} must have one key at its top, cameras")
    cameras = data["cameras"]
    if not isinstance(cameras, dict) or not cameras:
        raise ConfigError(f"{path}: cameras must map the name of each camera to its settings")
    try:
        return tuple(_camera(name, settings) for name, settings in cameras.items())
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _camera(name: str, settings: object) -> CameraSpec:
    known = [item.name for item in fields(CameraSpec) if item.name != "name"]
    if not isinstance(settings, dict):
        raise ConfigError(
            f"camera {name} is {settings!r}; it must be a mapping with the keys {', '.join(known)}"
        )
    for key in settings:
        if key not in known:
            raise ConfigError(
                f"camera {name}: key {key} is not known; known are {', '.join(known)}"
            )
    if "type" not in settings:
        raise ConfigError(
            f"camera {name}: type is missing; it must be one of {', '.join(CAMERA_TYPES)}"
        )
    return CameraSpec(name=name, **settings)
