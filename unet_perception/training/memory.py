# SPDX-License-Identifier: Apache-2.0
"""How much memory is free, and bytes that are kept in it or in a file."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import DatasetError

_CGROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
"""Limit and use of a container's memory, by the version of the kernel's interface."""


def free_memory() -> int:
    """Return how many bytes this process could still take."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        # What the kernel caches is given up when it is asked for.
        free = next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        pass
    for limit, used in _CGROUPS:
        try:
            left = int(limit.read_text()) - int(used.read_text())
        except (OSError, ValueError):
            # No container, or one without a limit ("max").
            continue
        free = min(free, max(left, 0))
    return free


class Store:
    """Bytes that are written one after another and then read in any order."""

    def __init__(self, folder: Path | None) -> None:
        """Start empty, in memory or in a file without a name in a folder.

        Raises:
            DatasetError: The file cannot be made.
        """
        self._folder = folder
        try:
            # A file in memory grows as it is written to, which an array does not.
            self._file: BinaryIO = (
                os.fdopen(os.memfd_create("pictures"), "w+b")
                if folder is None
                else tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
            )
        except OSError as error:
            raise DatasetError(f"{folder}: no file can be made there: {error}") from error

    def append(self, pixels: NDArray[np.uint8]) -> None:
        """Write an array's bytes.

        Raises:
            DatasetError: There is no room.
        """
        try:
            self._file.write(np.ascontiguousarray(pixels).data)
        except OSError as error:
            raise self._full(error) from error

    def bytes(self) -> NDArray[np.uint8]:
        """Return all bytes that were written; nothing can be written any more.

        Raises:
            DatasetError: There is no room.
        """
        try:
            # The map lives on when the file is closed, and the file lives on in the map.
            with self._file as file:
                file.flush()
                return np.frombuffer(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ), np.uint8)
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> DatasetError:
        return DatasetError(f"{self._folder or 'memory'}: has no room for all pictures: {error}")
