# SPDX-License-Identifier: Apache-2.0
"""What a folder was recorded with; nothing else may be recorded into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unet_perception.dataset.info import DatasetInfo, read_info, write_info
from unet_perception.dataset.pairs import IMAGE_FOLDER, MASK_FOLDER
from unet_perception.errors import ConfigError, DatasetError

FORMAT = 1
"""Version of the layout with a manifest."""


def identity_of(
    label_set: str,
    cameras: Mapping[str, Mapping[str, Any]],
    carla_version: str = "",
    source: str = "",
) -> DatasetInfo:
    """Return what every pair of a folder has in common, as its ``dataset.json`` says it.

    Args:
        label_set: Name of the label set of the masks.
        cameras: Settings by folder, among them ``width`` and ``height``; CameraRGB and
            CameraMask are among the folders. Only what JSON can hold.
        carla_version: Of the server; empty where there is none.
        source: Where the pictures come from, in words; may change.

    Raises:
        ConfigError: A folder or a size is missing.
    """
    for folder in (IMAGE_FOLDER, MASK_FOLDER):
        if folder not in cameras:
            raise ConfigError(f"cameras has no {folder}; a dataset has one")
    for folder, settings in cameras.items():
        for key in ("width", "height"):
            if type(settings.get(key)) is not int:
                raise ConfigError(
                    f"{folder}: {key} is {settings.get(key)!r}; it must be a whole number"
                )
    # As it will be read back: tuples become lists, so that the two can be compared.
    plain = json.loads(json.dumps(cameras))
    return DatasetInfo(label_set, source, carla_version, cameras=plain, format=FORMAT)


def settle_identity(root: Path, wanted: DatasetInfo) -> None:
    """Write ``dataset.json`` where there is none; else make sure that it says the same.

    Raises:
        DatasetError: It says something else; the message names both.
    """
    found = read_info(root)
    if found is None:
        write_info(root, wanted)
        return
    if found.format != FORMAT:
        raise DatasetError(
            f"{root}: its dataset.json has format {found.format}, this recorder writes {FORMAT}; "
            "choose another folder"
        )
    for key, words in (("label_set", "label set"), ("carla_version", "CARLA version")):
        old, new = getattr(found, key), getattr(wanted, key)
        if old != new:
            raise _other(root, words, old or "none", new or "none")
    for folder in sorted(found.cameras.keys() | wanted.cameras.keys()):
        before, now = found.cameras.get(folder), wanted.cameras.get(folder)
        if before is None or now is None:
            there, not_there = "a camera", "no camera"
            raise _other(root, folder, there if before else not_there, there if now else not_there)
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                raise _other(root, f"{folder} {key}", before.get(key), now.get(key))


def _other(root: Path, what: str, old: object, new: object) -> DatasetError:
    return DatasetError(
        f"{root}: was recorded with {what} {old}, this recording has {new}; choose another folder"
    )
