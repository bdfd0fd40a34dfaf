# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from unet_perception.ros.transport.shared_memory import LOCK_SUFFIX, SHARED_MEMORY, torn_ports

NAME = f"fastdds_port{100_000 + os.getpid()}"
"""No domain's."""


@pytest.fixture
def port() -> Iterator[Path]:
    """A port that this process has mapped, and whose lock it holds."""
    path, lock = SHARED_MEMORY / NAME, SHARED_MEMORY / (NAME + LOCK_SUFFIX)
    path.write_bytes(bytes(4096))
    with ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        undo.callback(lock.unlink, missing_ok=True)
        file = undo.enter_context(path.open("r+b"))
        undo.enter_context(mmap.mmap(file.fileno(), 0))
        fcntl.flock(undo.enter_context(lock.open("w")), fcntl.LOCK_EX)
        yield path


def test_a_port_under_its_own_name_is_whole(port: Path) -> None:
    assert port.exists()
    assert NAME not in torn_ports()


def test_a_port_without_a_name_is_torn(port: Path) -> None:
    port.unlink()
    assert NAME in torn_ports()


def test_a_port_whose_name_another_file_has_is_torn(port: Path) -> None:
    another = port.with_name(f"{NAME}_another")
    another.write_bytes(bytes(4096))
    another.rename(port)
    assert NAME in torn_ports()


def test_a_port_that_is_mapped_anew_is_whole(port: Path) -> None:
    port.unlink()
    port.write_bytes(bytes(4096))
    with port.open("r+b") as file, mmap.mmap(file.fileno(), 0):
        assert NAME not in torn_ports()


def test_somebody_elses_port_is_none_of_ours(port: Path) -> None:
    # Written to, not read: there is no lock of ours.
    other = port.with_name(NAME + "1")
    other.write_bytes(bytes(4096))
    with other.open("r+b") as file, mmap.mmap(file.fileno(), 0):
        other.unlink()
        assert NAME + "1" not in torn_ports()
