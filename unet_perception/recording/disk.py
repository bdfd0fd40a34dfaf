# SPDX-License-Identifier: Apache-2.0
"""Room on the disk: how much there is, how much must stay, how much a plan will take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from unet_perception.errors import ConfigError, DatasetError


def free_bytes(root: Path) -> int:
    """Return how many bytes a user without privileges may still write beside a path.

    Raises:
        DatasetError: The path is gone.
    """
    try:
        disk = os.statvfs(root)
    except OSError as error:
        raise DatasetError(f"{root}: cannot be looked at: {error.strerror}") from error
    return disk.f_bavail * disk.f_frsize


def estimate(pairs: int, bytes_per_pair: float) -> int:
    """Return how many bytes so many pairs will take."""
    return round(max(0, pairs) * bytes_per_pair)


@dataclass(frozen=True)
class DiskFloor:
    """How many bytes must stay free.

    Attributes:
        min_free: Bytes.

    Raises:
        ConfigError: It is less than none.
    """

    min_free: int

    def __post_init__(self) -> None:
        """Check it."""
        if self.min_free < 0:
            raise ConfigError(f"min_free is {self.min_free}; it must be bytes from 0 up")

    def check(self, root: Path, needed: int = 0) -> int:
        """Return how many bytes are free; ``needed`` more must fit above the floor.

        Raises:
            DatasetError: There is less.
        """
        free = free_bytes(root)
        if free - needed < self.min_free:
            wanted = f" and {in_words(needed)} are needed" if needed else ""
            raise DatasetError(
                f"{root}: {in_words(free)} are free{wanted}; {in_words(self.min_free)} must stay "
                "free: make room, or lower --min-free"
            )
        return free


def in_words(size: float) -> str:
    """Return a number of bytes as people say it: ``3.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
