# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or read-only stops a recording with the reason and harms nothing."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from limits import no_more_handles
from recorded_pairs import IDENTITY, check_whole, job, record
from small_disk import remount, small_disk

from unet_perception.errors import DatasetError
from unet_perception.recording.resume import RecordingFolder, open_folder
from unet_perception.recording.writer import PairWriter

MANY = 2000


def record_until_refused(folder: RecordingFolder, harm: Callable[[], None] | None = None) -> str:
    """Record; after a few pairs do the harm. Return the message that ended it."""
    writer = PairWriter(folder)
    start = folder.next_number
    with pytest.raises(DatasetError) as caught:
        for frame in range(start, start + MANY):
            writer.submit(job(frame))
            if frame == start + 7 and harm is not None:
                writer.flush()
                harm()
        writer.flush()
    writer.close()
    with pytest.raises(DatasetError):
        writer.submit(job(0))
    return str(caught.value)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "256k") as disk:
        yield disk


def test_a_full_disk(disk: Path) -> None:
    with open_folder(disk, IDENTITY) as folder:
        message = record_until_refused(folder)
    assert "No space left on device" in message
    assert str(disk) in message
    with open_folder(disk, IDENTITY, "full") as folder:
        committed = folder.next_number
    assert committed > 2
    assert check_whole(disk) == committed
    remount(disk, "size=8m")
    record(disk, range(committed, committed + 20))
    assert check_whole(disk) == committed + 20


def test_a_read_only_disk(disk: Path) -> None:
    remount(disk, "size=8m")
    record(disk, range(8))
    remount(disk, "ro")
    with pytest.raises(DatasetError, match="Read-only file system"):
        open_folder(disk, IDENTITY)
    remount(disk, "rw")
    record(disk, range(8, 12))
    assert check_whole(disk) == 12


def test_a_folder_that_becomes_read_only(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write into any folder")
    with open_folder(tmp_path, IDENTITY) as folder:
        message = record_until_refused(folder, lambda: (tmp_path / "CameraRGB").chmod(0o500))
    (tmp_path / "CameraRGB").chmod(0o700)
    assert "CameraRGB" in message
    assert "Permission denied" in message
    with open_folder(tmp_path, IDENTITY, "full"):
        assert check_whole(tmp_path) == 8


def test_a_folder_that_becomes_a_file(tmp_path: Path) -> None:
    masks = tmp_path / "CameraMask"

    def harm() -> None:
        masks.rename(tmp_path / "away")
        masks.write_text("")

    with open_folder(tmp_path, IDENTITY) as folder:
        message = record_until_refused(folder, harm)
    # Workers write side by side: whichever met it first.
    assert re.search(r"CameraMask/0000(08|09|10)\.png", message)
    assert "Not a directory" in message
    masks.unlink()
    (tmp_path / "away").rename(masks)
    with open_folder(tmp_path, IDENTITY, "full"):
        assert check_whole(tmp_path) == 8


def test_a_file_of_the_pair_that_may_not_grow(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder, file_limit(resource.RLIMIT_FSIZE, 6000):
        # Frame 0 is noise, which compresses badly.
        message = record_until_refused(folder)
    assert "CameraRGB/0000" in message
    assert "File too large" in message
    with open_folder(tmp_path, IDENTITY, "full") as folder:
        assert folder.next_number == 0


def test_a_manifest_that_may_not_grow(tmp_path: Path) -> None:
    record(tmp_path, range(25))
    size = (tmp_path / "manifest.jsonl").stat().st_size
    # The limit lies within a line: what was written of it has to go again.
    with open_folder(tmp_path, IDENTITY) as folder:
        with file_limit(resource.RLIMIT_FSIZE, size + 10_100):
            message = record_until_refused(folder)
        assert "manifest.jsonl" in message
        assert "File too large" in message
    assert (tmp_path / "manifest.jsonl").read_bytes().endswith(b"\n")
    with open_folder(tmp_path, IDENTITY, "full") as folder:
        committed = folder.next_number
        assert folder.manifest.torn == 0
    assert committed > 25
    assert check_whole(tmp_path) == committed


def test_no_more_open_files(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder, ExitStack() as harm:
        message = record_until_refused(
            folder, lambda: harm.enter_context(no_more_handles(os.getpid()))
        )
    assert "Too many open files" in message
    with open_folder(tmp_path, IDENTITY, "full"):
        assert check_whole(tmp_path) == 8


class file_limit:  # noqa: N801 - reads as the verb that it is
    """Lower a limit of this process for a while."""

    def __init__(self, what: int, value: int) -> None:
        self._what, self._value = what, value

    def __enter__(self) -> None:
        self._before = resource.getrlimit(self._what)
        resource.setrlimit(self._what, (self._value, self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(self._what, self._before)
