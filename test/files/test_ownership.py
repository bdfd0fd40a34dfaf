# SPDX-License-Identifier: Apache-2.0
"""An engine is read only where nobody but the user can have put it."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from unet_perception.engines.cache import EngineCache
from unet_perception.engines.cache_entry import Entry
from unet_perception.errors import EngineError
from unet_perception.files.ownership import read_own

KEY = {"gpu": "NVIDIA A"}
PLAN = b"plan" * 100
STRANGER = 12345

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "engines"


def obtain(folder: Path) -> tuple[bool, str]:
    """Whether the engine had to be built, and why."""

    def build() -> tuple[bytes, Entry]:
        return PLAN, Entry({"plan": PLAN})

    cache = EngineCache(folder, lambda line: None)
    obtained = cache.obtain(KEY, build, lambda entry: entry.parts["plan"])
    assert obtained.engine == PLAN
    return obtained.built, obtained.note


def stored(folder: Path) -> Path:
    (path,) = folder.glob("*.engine")
    return path


def link(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    path.replace(target)
    path.symlink_to(target)


def dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent.parent / "nowhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.chmod(0o620), "has mode 620"),
        (lambda path: path.chmod(0o602), "has mode 602"),
        (lambda path: path.chmod(0o4600), "has mode 4600"),
        (lambda path: path.chmod(0o2600), "has mode 2600"),
        (link, "is a link to another file"),
        (dangling_link, "is a link to another file"),
        (pipe, "is no plain file"),
        (directory, "is no plain file"),
        pytest.param(
            lambda path: os.chown(path, STRANGER, -1), "belongs to another user", marks=as_root
        ),
    ],
)
def test_a_file_that_others_may_have_written_is_built_again(
    folder: Path, change: Callable[[Path], None], told: str
) -> None:
    assert obtain(folder)[0]
    assert not obtain(folder)[0]
    change(stored(folder))
    built, note = obtain(folder)
    assert built
    assert told in note
    assert not obtain(folder)[0]
    assert stored(folder).stat().st_mode & 0o7777 == 0o600


def test_what_an_entry_that_saves_time_holds_is_not_believed_either(folder: Path) -> None:
    cache = EngineCache(folder, lambda line: None)
    cache.keep("timing", KEY, Entry({"plan": PLAN}))
    assert cache.read("timing", KEY) is not None
    (folder / "timing").chmod(0o666)
    assert cache.read("timing", KEY) is None


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_into(folder: Path, mode: int) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)
    with pytest.raises(EngineError, match=r"others may write into it; run chmod go-w"):
        obtain(folder)


@as_root
def test_a_folder_of_another_user(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.chown(folder, STRANGER, -1)
    with pytest.raises(EngineError, match="it belongs to another user"):
        obtain(folder)


def test_a_folder_above_that_others_may_write_into(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.parent.chmod(0o757)
    with pytest.raises(EngineError, match=f"others may write into {folder.parent} above it"):
        obtain(folder)
    # As /tmp is: what is there can be taken away by its owner alone.
    folder.parent.chmod(0o1777)
    assert obtain(folder)[0]


@as_root
def test_a_folder_above_that_a_foreign_group_or_user_has(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.parent.chmod(0o775)
    assert obtain(folder)[0], "root's own group has root alone"
    os.chown(folder.parent, -1, STRANGER)
    with pytest.raises(EngineError, match=f"others may write into {folder.parent} above it"):
        obtain(folder)
    folder.parent.chmod(0o755)
    assert not obtain(folder)[0]
    os.chown(folder.parent, STRANGER, -1)
    with pytest.raises(EngineError, match=f"{folder.parent} above it belongs to another user"):
        obtain(folder)


def test_a_link_to_the_folder_is_followed_only_through_folders_of_ones_own(
    folder: Path, tmp_path: Path
) -> None:
    real = tmp_path / "open" / "engines"
    real.mkdir(parents=True, mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(real)
    assert obtain(folder)[0]
    real.parent.chmod(0o777)
    with pytest.raises(EngineError, match=f"others may write into {real.parent} above it"):
        obtain(folder)
    real.parent.chmod(0o755)
    folder.parent.chmod(0o777)
    with pytest.raises(EngineError, match=f"others may write into {folder.parent} above it"):
        obtain(folder)


def test_a_pipe_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    failures: list[ValueError] = []

    def read() -> None:
        try:
            read_own(tmp_path / "pipe", 10)
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(60)
    assert [str(each) for each in failures] == ["is no plain file"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(11))
    with pytest.raises(ValueError, match="has 11 bytes, more than any engine"):
        read_own(tmp_path / "file", 10)


def test_an_engine_stays_where_there_are_no_file_handles(
    folder: Path,
) -> None:
    obtain(folder)
    name = stored(folder).name
    cache = EngineCache(folder, lambda line: None)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        with pytest.raises(EngineError, match=r"cannot be read: .*Too many open files"):
            cache.read(name, KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not obtain(folder)[0]
