# SPDX-License-Identifier: Apache-2.0
"""Whether the files of an entry are what the manifest says."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from unet_perception.dataset.entry import Entry
from unet_perception.errors import DatasetError


def check_present(root: Path, entry: Entry, folders: Collection[str]) -> None:
    """Make sure that an entry has a file in each folder, and that none of them is empty.

    Raises:
        DatasetError: One is missing or empty.
    """
    named = {path.split("/")[0] for path in entry.files}
    for folder in sorted(named ^ set(folders)):
        state = "has no file in" if folder in folders else "has one too many, in"
        raise DatasetError(f"{root}: pair {entry.name} of the manifest {state} {folder}")
    for relative in entry.files:
        path = root / relative
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise DatasetError(f"{path}: is missing; the manifest has it") from error
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
        if not size:
            raise DatasetError(f"{path}: is empty; the manifest has its sum")


def check_sums(root: Path, entry: Entry) -> None:
    """Make sure that the files of an entry have the sums that the manifest gives.

    Raises:
        DatasetError: One differs or cannot be read.
    """
    for relative, digest in entry.files.items():
        path = root / relative
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise DatasetError(f"{path}: was changed: its sha256 is not the manifest's")
