# SPDX-License-Identifier: Apache-2.0
"""Removing what a crash left in a folder, and nothing that a crash cannot have left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from unet_perception.dataset.manifest import MANIFEST
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import sync_folder

MAX_IN_FLIGHT = 256
"""Pairs that a writer may have under way, so that so many at most can be strays."""

_PICTURE = re.compile(r"([0-9]{6,})\.png")
_TEMPORARY = re.compile(r"\.([0-9]{6,}\.png|[A-Za-z0-9_-]+\.(json|txt))\.tmp")


def remove_strays(root: Path, folders: Sequence[str], next_number: int) -> int:
    """Remove temporary files, and pictures of pairs that were not committed.

    Files with other names are none of ours and stay.

    Args:
        root: Dataset folder.
        folders: Its folders of pictures.
        next_number: Of the pair behind the last of the manifest.

    Returns:
        How many files were removed.

    Raises:
        DatasetError: A picture has a number that no crash can explain, so that more was lost
            than a crash can lose; or a file cannot be removed.
    """
    strays = [path for path in _files(root) if _TEMPORARY.fullmatch(path.name)]
    for folder in folders:
        for path in _files(root / folder):
            if _TEMPORARY.fullmatch(path.name):
                strays.append(path)
            found = _PICTURE.fullmatch(path.name)
            if found is None or int(found[1]) < next_number:
                continue
            if int(found[1]) >= next_number + MAX_IN_FLIGHT:
                raise DatasetError(
                    f"{path}: is far behind the last pair of {MANIFEST}, which ends before "
                    f"{next_number:06d}: lines of the manifest are lost; put it back, or move "
                    "the pictures away"
                )
            strays.append(path)
    for path in strays:
        try:
            path.unlink()
        except OSError as error:
            raise DatasetError(f"{path}: cannot be removed: {error.strerror}") from error
    for path in {path.parent for path in strays}:
        try:
            sync_folder(path)
        except OSError as error:
            raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error
    return len(strays)


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read: {error.strerror}") from error
