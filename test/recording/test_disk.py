# SPDX-License-Identifier: Apache-2.0
"""Room on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording.disk import DiskFloor, estimate, free_bytes, in_words


def test_the_free_bytes_are_the_disks(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)
    with pytest.raises(DatasetError, match="No such file"):
        free_bytes(tmp_path / "none")


def test_the_floor_holds(tmp_path: Path) -> None:
    free = free_bytes(tmp_path)
    assert DiskFloor(0).check(tmp_path) == pytest.approx(free, rel=0.05)
    with pytest.raises(DatasetError, match=r"are free; .* must stay free: make room, or lower"):
        DiskFloor(2 * free).check(tmp_path)
    with pytest.raises(DatasetError, match=r"are free and .* are needed"):
        DiskFloor(0).check(tmp_path, needed=2 * free)
    with pytest.raises(ConfigError, match="min_free is -1"):
        DiskFloor(-1)


def test_how_much_a_plan_takes() -> None:
    assert estimate(1000, 812_345.6) == 812_345_600
    assert estimate(-3, 5.0) == 0


def test_sizes_in_words() -> None:
    words = [in_words(size) for size in (0, 999, 1000, 3_240_000, 5e9, 2.5e15)]
    assert words == ["0 bytes", "999 bytes", "1.0 kB", "3.2 MB", "5.0 GB", "2500.0 TB"]
