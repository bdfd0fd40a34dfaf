# SPDX-License-Identifier: Apache-2.0
"""The engine cache: what is read is what was built, for this key, or it is built again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cache_process import start, wait_for_build
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_perception.engines.cache import (
    EngineCache,
    EntryRefusedError,
    default_folder,
)
from unet_perception.engines.cache_entry import Entry, key_digest, pack, unpack
from unet_perception.errors import EngineError

KEY = {
    "onnx_sha256": "ab" * 32,
    "input_shape": [1, 96, 128, 4],
    "precision": "fp16",
    "library": "tensorrt 10.16.1.11",
    "gpu": "NVIDIA A",
    "capability": "8.9",
    "driver": "580.65.06",
    "machine": "x86_64",
    "options": {"level": 3},
}


class Builder:
    """Builds engines that are bytes, and counts them."""

    def __init__(self) -> None:
        self.builds = 0
        self.said: list[str] = []

    def build(self) -> tuple[bytes, Entry]:
        self.builds += 1
        plan = b"plan %d" % self.builds * 1000
        return plan, Entry({"plan": plan, "mask": bytes(16)}, {"agreement": 1.0})

    def load(self, entry: Entry) -> bytes:
        return entry.parts["plan"]

    def obtain(self, folder: Path, key: dict[str, Any] = KEY) -> Any:
        return EngineCache(folder, self.said.append).obtain(key, self.build, self.load)


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "engines"


def stored(folder: Path) -> Path:
    (path,) = folder.glob("*.engine")
    return path


def test_the_second_start_reads_what_the_first_built(builder: Builder, folder: Path) -> None:
    first, second = builder.obtain(folder), builder.obtain(folder)
    assert (first.built, second.built, builder.builds) == (True, False, 1)
    assert first.engine == second.engine
    assert "there was none yet" in first.note
    assert folder.stat().st_mode & 0o777 == 0o700
    assert stored(folder).stat().st_mode & 0o777 == 0o600
    assert {p.suffix for p in folder.iterdir()} == {".engine", ".lock"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("onnx_sha256", "cd" * 32),
        ("input_shape", [1, 288, 384, 4]),
        ("precision", "fp32"),
        ("library", "tensorrt 10.16.1.12"),
        ("gpu", "NVIDIA B"),
        ("capability", "9.0"),
        ("driver", "580.95.05"),
        ("machine", "aarch64"),
        ("options", {"level": 5}),
    ],
)
def test_another_key_is_another_engine(
    builder: Builder, folder: Path, name: str, value: object
) -> None:
    builder.obtain(folder)
    assert builder.obtain(folder, {**KEY, name: value}).built
    assert builder.builds == 2
    assert not builder.obtain(folder).built


def test_an_engine_under_the_name_of_another_is_refused(builder: Builder, folder: Path) -> None:
    builder.obtain(folder)
    other = {**KEY, "gpu": "NVIDIA B"}
    stored(folder).rename(folder / f"{key_digest(other)}.engine")
    obtained = builder.obtain(folder, other)
    assert obtained.built
    assert "gpu is 'NVIDIA A' instead of 'NVIDIA B'" in obtained.note


def test_a_flipped_byte_anywhere_is_found(builder: Builder, folder: Path) -> None:
    data = pack(KEY, Entry({"plan": bytes(300), "mask": bytes(40)}, {"agreement": 0.5}))
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with pytest.raises(ValueError, match=r"damaged|version|built for|truncated"):
            unpack(bytes(damaged), KEY)


@settings(max_examples=50, deadline=None)
@given(cut=st.integers(0, 400), tail=st.binary(max_size=8))
def test_a_file_of_another_length_is_found(cut: int, tail: bytes) -> None:
    data = pack(KEY, Entry({"plan": bytes(100)}))
    changed = data[: max(0, len(data) - cut)] + tail
    if changed != data:
        with pytest.raises(ValueError, match=r"."):
            unpack(changed, KEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_another_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"damaged"):
        unpack(data, KEY)


def test_a_damaged_engine_is_set_aside_and_built_once(builder: Builder, folder: Path) -> None:
    builder.obtain(folder)
    path = stored(folder)
    data = bytearray(path.read_bytes())
    data[-20] ^= 0x10
    path.write_bytes(data)
    obtained = builder.obtain(folder)
    assert obtained.built
    assert "damaged" in obtained.note
    assert path.with_suffix(".rejected").read_bytes() == bytes(data)
    assert any("refused and built again" in line for line in builder.said)
    assert not builder.obtain(folder).built


def test_an_engine_that_fails_its_test_is_built_once_and_then_an_error(
    builder: Builder, folder: Path
) -> None:
    builder.obtain(folder)
    cache = EngineCache(folder, builder.said.append)

    def refuse(entry: Entry) -> bytes:
        raise EntryRefusedError("its self-test gave 3% of the mask")

    def broken() -> tuple[bytes, Entry]:
        builder.builds += 1
        raise EngineError("the plan just built is refused")

    with pytest.raises(EngineError, match="just built"):
        cache.obtain(KEY, broken, refuse)
    assert builder.builds == 2


def test_a_failure_that_is_not_the_files_leaves_it(builder: Builder, folder: Path) -> None:
    builder.obtain(folder)

    def full(entry: Entry) -> bytes:
        raise EngineError("the GPU's memory is used up")

    with pytest.raises(EngineError, match="used up"):
        EngineCache(folder, builder.said.append).obtain(KEY, builder.build, full)
    assert not builder.obtain(folder).built


def test_a_failed_build_leaves_nothing(builder: Builder, folder: Path) -> None:
    def fail() -> tuple[bytes, Entry]:
        raise EngineError("no")

    with pytest.raises(EngineError, match="no"):
        EngineCache(folder, builder.said.append).obtain(KEY, fail, builder.load)
    assert [p.suffix for p in folder.iterdir()] == [".lock"]
    assert builder.obtain(folder).built


def test_a_folder_into_which_others_may_write_is_refused(builder: Builder, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with pytest.raises(EngineError, match="chmod go-w"):
        builder.obtain(folder)


def test_a_folder_that_cannot_be_made_is_one_line(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot be made"):
        builder.obtain(tmp_path / "file" / "cache")


def test_a_long_build_is_reported(folder: Path) -> None:
    said: list[str] = []

    def build() -> tuple[bytes, Entry]:
        time.sleep(0.5)
        return b"x", Entry({"plan": b"x"})

    EngineCache(folder, said.append, every_s=0.1).obtain(KEY, build, lambda e: e.parts["plan"])
    assert said[0] == "building the engine"
    assert "building the engine, 0 s" in said


def test_the_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "unet_perception" / "engines"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert default_folder() == Path.home() / ".cache" / "unet_perception" / "engines"


def test_of_processes_that_race_one_builds_and_all_read(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "builds"
    racers = [start(folder, log, 1.0) for _ in range(3)]
    results = [racer.communicate(timeout=60) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0], results
    (builder,) = log.read_text().split()
    assert {out for out, _ in results} == {f"built by {builder}\n"}
    assert any("waiting for another process" in said for _, said in results)


def test_a_process_killed_in_mid_build_holds_up_nobody(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "builds"
    first = start(folder, log, 60.0)
    (victim,) = wait_for_build(log, 1)
    second = start(folder, log, 0.0)
    os.kill(int(victim), signal.SIGKILL)
    first.communicate(timeout=60)
    out, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert log.read_text().split() == [victim, out.split()[-1]]
    assert {p.suffix for p in folder.iterdir()} == {".engine", ".lock"}


def test_what_a_process_left_that_died_while_it_wrote_is_removed(
    builder: Builder, folder: Path
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder.mkdir(parents=True, mode=0o700)
    leftover = folder / f".{key_digest(KEY)}.engine.{dead.pid}.new"
    leftover.write_bytes(b"half a plan")
    assert builder.obtain(folder).built
    assert not leftover.exists()
