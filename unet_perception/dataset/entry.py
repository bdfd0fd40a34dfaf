# SPDX-License-Identifier: Apache-2.0
"""What the manifest says about one pair, and its form as one line of JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unet_perception.files.documents import parse_json

Pose = tuple[float, float, float, float, float, float]
"""x, y, z in metres, roll, pitch, yaw in degrees, as CARLA turns."""

NUMBERED = re.compile(r"[0-9]{6,}")
"""Names in this package's layout, which are numbers without gaps."""

_FILE = re.compile(r"[A-Za-z0-9_]+/([0-9]+)\.png")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def pair_name(number: int) -> str:
    """Return the name of the pair with a number: ``000123``."""
    return f"{number:06d}"


@dataclass(frozen=True)
class Moment:
    """When and where the pictures of a pair were taken.

    Attributes:
        frame: Number of the simulator's frame.
        stamp: Simulated time in seconds.
        wall_time: Seconds since 1970.
        set: Name of the plan's set.
        town: CARLA map.
        weather: CARLA's weather parameters by name.
        pose: The ego vehicle's.
        speed: The ego vehicle's, in m/s.
    """

    frame: int
    stamp: float
    wall_time: float
    set: str
    town: str
    weather: Mapping[str, float]
    pose: Pose
    speed: float


@dataclass(frozen=True)
class Entry(Moment):
    """One line of the manifest.

    Attributes:
        name: Name of the pair, its number with six or more digits.
        histogram: How many pixels of ``CameraMask`` each class id has.
        files: sha256 of each file, in hexadecimal, by its path in the folder.
    """

    name: str
    histogram: Mapping[int, int]
    files: Mapping[str, str]

    @property
    def number(self) -> int:
        """The number that is its name."""
        return int(self.name)

    def to_json(self) -> str:
        """Return it as one line, without its end.

        Raises:
            ValueError: A number is not finite.
        """
        mappings = ("weather", "histogram", "files")
        data = vars(self) | {key: dict(getattr(self, key)) for key in mappings}
        return json.dumps(data, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Entry:
        """Return the entry of a line; keys that are not known are left out.

        Raises:
            ValueError: It is no entry; the message says why.
        """
        data = parse_json(line, finite=True)
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
        missing = [item.name for item in fields(cls) if item.name not in data]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        _require(_whole(data["frame"]), "frame", data)
        for key in ("stamp", "wall_time", "speed"):
            _require(_number(data[key]), key, data)
        for key in ("set", "town"):
            _require(isinstance(data[key], str), key, data)
        name, pose, weather = data["name"], data["pose"], data["weather"]
        # One number, one name: 0000001 would be another file than 000001.
        plain = isinstance(name, str) and NUMBERED.fullmatch(name)
        _require(bool(plain) and pair_name(int(name)) == name, "name", data)
        poses = isinstance(pose, list) and len(pose) == 6 and all(map(_number, pose))
        _require(poses, "pose", data)
        weathers = isinstance(weather, dict) and all(map(_number, weather.values()))
        _require(weathers, "weather", data)
        return cls(
            **{item.name: data[item.name] for item in fields(Moment) if item.name != "pose"},
            pose=tuple(pose),
            name=name,
            histogram=_histogram(data),
            files=_files(data, name),
        )


def _histogram(data: dict[str, Any]) -> dict[int, int]:
    counts = data["histogram"]
    whole = isinstance(counts, dict) and all(
        re.fullmatch(r"[0-9]{1,3}", key) and _whole(value) for key, value in counts.items()
    )
    _require(whole, "histogram", data)
    return {int(key): value for key, value in counts.items()}


def _files(data: dict[str, Any], name: str) -> dict[str, str]:
    files = data["files"]
    _require(isinstance(files, dict) and bool(files), "files", data)
    for path, digest in files.items():
        found = _FILE.fullmatch(path)
        if found is None or found[1] != name:
            raise ValueError(f"files has {path!r}; it must be a folder, '/' and {name}.png")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError(f"files has {digest!r} for {path}; it must be a sha256")
    return dict(files)


def _require(allowed: bool, key: str, data: dict[str, Any]) -> None:
    if not allowed:
        raise ValueError(f"{key} is {data[key]!r:.60}")


def _whole(value: object) -> bool:
    return type(value) is int and value >= 0


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and type(value) is not bool and abs(value) < math.inf
