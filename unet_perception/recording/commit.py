# SPDX-License-Identifier: Apache-2.0
"""Making pairs exist: their files get their names, then the manifest gets their lines."""

from __future__ import annotations

from collections.abc import Sequence

from unet_perception.dataset.manifest import ManifestUnclear
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import sync_folder
from unet_perception.recording.pair_files import PairFiles
from unet_perception.recording.resume import RecordingFolder


def commit(folder: RecordingFolder, batch: Sequence[PairFiles]) -> tuple[int, Exception | None]:
    """Commit pairs whose files are on the disk, all at once.

    The names are on the disk before the lines are written, and the lines when this returns.
    Files of pairs that could not be committed are removed, but for those that a line may name.

    Returns:
        How many of the batch exist now, the first ones, and why not all of them do.
    """
    failure: Exception | None = None
    named = 0
    try:
        for files in batch:
            files.rename()
            named += 1
    except Exception as error:  # whatever it is, the recording must end with it
        failure = error
        _discard(batch[named:])
    if not named:
        return 0, failure
    try:
        _sync_folders(folder)
        folder.manifest.append([files.entry for files in batch[:named]])
    except ManifestUnclear as error:
        return 0, failure or error
    except Exception as error:
        _discard(batch[:named])
        return 0, failure or error
    return named, failure


def _sync_folders(folder: RecordingFolder) -> None:
    for name in folder.folders:
        path = folder.root / name
        try:
            sync_folder(path)
        except OSError as error:
            raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error


def _discard(batch: Sequence[PairFiles]) -> None:
    for files in batch:
        files.discard()
