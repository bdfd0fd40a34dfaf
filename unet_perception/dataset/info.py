# SPDX-License-Identifier: Apache-2.0
"""``dataset.json``: what the ids in a dataset mean and where its pictures come from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unet_perception.errors import DatasetError
from unet_perception.files.atomic import replace_text
from unet_perception.files.documents import DocumentError, parse_json, read_text

INFO_FILE = "dataset.json"


@dataclass(frozen=True)
class DatasetInfo:
    """Facts about a dataset.

    Attributes:
        label_set: Name of the label set of its masks.
        source: Where the pictures come from, in words.
        carla_version: Version of the CARLA server, where there was one.
        town: CARLA map, where there was one.
        cameras: Settings of the camera that filled each folder, by folder, where it was recorded.
        format: Version of the layout: 1 has a manifest, 0 has none.
    """

    label_set: str
    source: str = ""
    carla_version: str = ""
    town: str = ""
    cameras: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: int = 0


def read_info(root: Path) -> DatasetInfo | None:
    """Return what ``dataset.json`` says, or None where there is no such file.

    Raises:
        DatasetError: The file cannot be read or lacks the label set.
    """
    path = Path(root) / INFO_FILE
    if not path.exists():
        return None
    try:
        data = parse_json(read_text(path))
    except (OSError, DocumentError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("label_set"), str):
        raise DatasetError(f"{path}: must be a JSON object with a label_set, such as 'carla-0.8'")
    # A recorder may know more than this reader; what is not read here is not refused.
    known = {key: data[key] for key in asdict(DatasetInfo("")) if key in data}
    for key, value in known.items():
        if not _ALLOWED[key][0](value):
            raise DatasetError(f"{path}: {key} is {value!r}; it must be {_ALLOWED[key][1]}")
    return DatasetInfo(**known)


def write_info(root: Path, info: DatasetInfo) -> None:
    """Write ``dataset.json``, in one step.

    Raises:
        DatasetError: The folder cannot be written.
    """
    facts = {key: value for key, value in asdict(info).items() if value}
    replace_text(Path(root) / INFO_FILE, json.dumps(facts, indent=2) + "\n")


def _text(value: object) -> bool:
    return isinstance(value, str)


def _whole(value: object) -> bool:
    return type(value) is int and value >= 0


def _camera_settings(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())


_ALLOWED: Mapping[str, tuple[Callable[[object], bool], str]] = {
    **dict.fromkeys(("label_set", "source", "carla_version", "town"), (_text, "a string")),
    "cameras": (_camera_settings, "a mapping of folders to settings"),
    "format": (_whole, "a whole number"),
}
