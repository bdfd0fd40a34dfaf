# SPDX-License-Identifier: Apache-2.0
"""Replacing a file so that a reader sees the old one or the new one, never half."""

from __future__ import annotations

import os
from pathlib import Path

from unet_perception.errors import DatasetError


def temporary_name(path: Path) -> Path:
    """Return what a file is called until it is whole."""
    return path.with_name(f".{path.name}.tmp")


def replace_text(path: Path, text: str) -> None:
    """Write a text file in one step, and have it on the disk when this returns.

    Raises:
        DatasetError: It cannot be written; the file that was there before still is.
    """
    try:
        replace_bytes(path, text.encode("utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file in one step, and have it on the disk when this returns.

    Raises:
        OSError: It cannot be written; the file that was there before still is, and nothing else.
    """
    temporary = temporary_name(path)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        # A disk that is full is not filled any further; nor does Ctrl-C leave half a file.
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk.

    Raises:
        OSError: The folder is gone, or its disk refuses.
    """
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
