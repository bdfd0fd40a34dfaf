# SPDX-License-Identifier: Apache-2.0
"""Faults of the engine cache: real processes that share a folder, real files, real limits."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cache_process import KEY, start, wait_for_build
from limits import no_more_handles
from scheduling import freeze, starved
from small_disk import remount, small_disk

from unet_perception.engines.cache import EngineCache
from unet_perception.engines.cache_entry import FORMAT, VERSION, Entry, key_digest, unpack
from unet_perception.errors import EngineError

NAME = f"{key_digest(KEY)}.engine"
LARGE_MB = 96
READ_WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from unet_perception.engines.cache import EngineCache
from unet_perception.errors import EngineError
sys.path.insert(0, sys.argv[2])
from cache_process import KEY
status = Path("/proc/self/status").read_text()
size = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (size * 1024 + 20_000_000,) * 2)
try:
    EngineCache(Path(sys.argv[1]), print).obtain(KEY, None, None)
except EngineError as error:
    print(error)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "engines"


@pytest.fixture
def begin(folder: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes that ask for the engine."""
    started: list[subprocess.Popen[str]] = []

    def begin(seconds: float, size: int = 0) -> subprocess.Popen[str]:
        started.append(start(folder, tmp_path / "builds", seconds, size))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def obtain(folder: Path, said: list[str] | None = None) -> tuple[bytes, str]:
    """Ask for the engine in this process; return it and how it came about."""
    report = (said if said is not None else []).append

    def build() -> tuple[bytes, Entry]:
        return b"fresh", Entry({"plan": b"fresh"})

    obtained = EngineCache(folder, report).obtain(KEY, build, lambda entry: entry.parts["plan"])
    return obtained.engine, obtained.note


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_in_mid_write_leaves_nothing_that_is_read(
    begin: Callable[..., subprocess.Popen[str]],
    folder: Path,
    left: Any,
    number: signal.Signals,
) -> None:
    writer = begin(0.0, LARGE_MB)
    end = time.monotonic() + 60.0
    while not list(folder.glob(".*.new")):
        assert writer.poll() is None
        assert time.monotonic() < end
    left.watch(writer.pid)
    writer.send_signal(number)
    writer.communicate()
    assert writer.returncode == -number
    left.check()
    # It was quicker than the signal, or there is no engine and the next one builds.
    written = (folder / NAME).exists()
    heir = begin(0.0)
    out, said = heir.communicate(timeout=60.0)
    assert heir.returncode == 0, said
    assert out == f"built by {writer.pid if written else heir.pid}\n"
    assert written or names(folder) == {NAME, NAME.replace(".engine", ".lock")}


def test_who_builds_and_stands_still_is_waited_for(
    begin: Callable[..., subprocess.Popen[str]], folder: Path, tmp_path: Path, left: Any
) -> None:
    builder = begin(0.5)
    wait_for_build(tmp_path / "builds", 1)
    waiting = begin(0.0)
    for process in (builder, waiting):
        left.watch(process.pid)
    freeze(builder.pid)
    results = [process.communicate(timeout=60.0) for process in (builder, waiting)]
    assert [out for out, _ in results] == [f"built by {builder.pid}\n"] * 2
    assert "waiting for another process that builds this engine, 5 s" in results[1][1]
    assert (tmp_path / "builds").read_text().split() == [str(builder.pid)]
    left.check()


def test_who_waits_for_one_that_never_goes_on_can_be_ended(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    builder = begin(60.0)
    wait_for_build(tmp_path / "builds", 1)
    builder.send_signal(signal.SIGSTOP)
    waiting = begin(0.0)
    assert waiting.stderr is not None
    assert "waiting for another process" in waiting.stderr.readline()
    waiting.terminate()
    waiting.communicate(timeout=60.0)
    assert waiting.returncode == -signal.SIGTERM


def signed(header: dict[str, object]) -> bytes:
    """Return a file whose header has the right sum, as any other program can make it."""
    plain = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    header = {**header, "checksum": hashlib.sha256(plain).hexdigest()}
    return json.dumps(header).encode() + b"\n"


WHOLE = {"format": FORMAT, "version": VERSION, "key": dict(KEY), "facts": {}, "parts": []}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000 + b"\n", "its header cannot be read"),
        (signed({**WHOLE, "version": VERSION - 1}), "has format version 0 instead of 1"),
        (signed({**WHOLE, "version": VERSION + 1}), "has format version 2 instead of 1"),
        (signed({"format": FORMAT, "version": VERSION}), "lacks what one has"),
        (signed({**WHOLE, "parts": [{"name": "plan"}]}), "lacks what one has"),
        (signed({**WHOLE, "parts": [{"name": "plan", "bytes": -1, "sha256": ""}]}), "lacks"),
        (signed({**WHOLE, "key": {**KEY, "gpu": "GPU B"}}), "was built for something else"),
    ],
)
def test_what_is_no_engine_of_this_version_is_set_aside_and_built(
    folder: Path, data: bytes, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        unpack(data, KEY)
    folder.mkdir(mode=0o700)
    (folder / NAME).write_bytes(data)
    (folder / NAME).chmod(0o600)
    said: list[str] = []
    engine, note = obtain(folder, said)
    assert engine == b"fresh"
    assert words in note
    assert any("is refused and built again" in line for line in said)
    assert (folder / NAME).with_suffix(".rejected").read_bytes() == data
    assert obtain(folder) == (b"fresh", "read from the cache")


@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "of all"])
def test_what_is_no_file_of_ones_own_is_never_read(folder: Path, kind: str, tmp_path: Path) -> None:
    obtain(folder)
    path = folder / NAME
    if kind == "of all":
        path.chmod(0o666)
    elif kind == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.unlink()
        os.mkfifo(path) if kind == "pipe" else path.mkdir()
    said: list[str] = []
    assert obtain(folder, said)[1].startswith("built in")
    assert any("is refused and built again" in line for line in said)
    assert stat.S_ISREG(path.lstat().st_mode)
    assert obtain(folder)[1] == "read from the cache"


def test_a_full_disk_costs_the_next_start_not_this_one(
    begin: Callable[..., subprocess.Popen[str]], folder: Path
) -> None:
    with small_disk(folder, "256k"):
        folder.chmod(0o700)
        process = begin(0.0, 1)
        out, said = process.communicate(timeout=60.0)
        assert process.returncode == 0
        assert out == f"built by {process.pid}\n"
        assert "No space left on device; the next start builds it again" in said
        assert names(folder) == {NAME.replace(".engine", ".lock")}
        remount(folder, "size=8m")
        begin(0.0, 1).communicate(timeout=60.0)
        assert NAME in names(folder)


def test_a_read_only_disk_is_named(folder: Path) -> None:
    with small_disk(folder, "1m"):
        folder.chmod(0o700)
        remount(folder, "ro")
        with pytest.raises(EngineError, match="cannot be locked: .*Read-only file system"):
            obtain(folder)
        remount(folder, "rw")
        assert obtain(folder)[0] == b"fresh"


def test_without_file_handles_the_engine_stays_and_is_read_later(folder: Path) -> None:
    obtain(folder)
    # None for the lock; then one for the lock and none for the engine.
    for leave in (0, 1):
        refused = pytest.raises(EngineError, match=r"engine cache .*: .*Too many open files")
        with no_more_handles(os.getpid(), leave), refused:
            obtain(folder)
    assert obtain(folder) == (b"fresh", "read from the cache")


def test_without_memory_the_engine_stays_and_is_read_later(
    begin: Callable[..., subprocess.Popen[str]], folder: Path
) -> None:
    builder = begin(0.0, LARGE_MB)
    builder.communicate(timeout=60.0)
    harness = str(Path(__file__).parents[1] / "harness")
    done = subprocess.run(
        [sys.executable, "-c", READ_WITH_LITTLE_MEMORY, str(folder), harness],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"engine cache {folder / NAME} cannot be read: the memory is used up\n"
    again = begin(0.0)
    assert again.communicate(timeout=60.0)[0] == f"built by {builder.pid}\n"


def test_no_clock_counts(folder: Path) -> None:
    obtain(folder)
    for seconds in (0, 4_000_000_000):
        for path in folder.iterdir():
            os.utime(path, (seconds, seconds))
        assert obtain(folder) == (b"fresh", "read from the cache")


def test_starved_of_the_processor_one_builds_and_all_read(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path, left: Any
) -> None:
    builder = begin(0.5)
    wait_for_build(tmp_path / "builds", 1)
    left.watch(builder.pid)
    with starved(builder.pid):
        racers = [begin(0.5) for _ in range(2)]
        outs = {process.communicate(timeout=120.0)[0] for process in (builder, *racers)}
    assert outs == {f"built by {builder.pid}\n"}
    left.check()
