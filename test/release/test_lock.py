# SPDX-License-Identifier: Apache-2.0
"""The lock holds all that setup.py asks for, on every Python, and is what runs here."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import lock
import pytest
from locked import BUILD, DEMO, INSTALLER, MATRIX, TEST, TORCH, Locked, read_lock
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "unet_perception"
PYTHONS = ("3.10.12", "3.11.9", "3.12.3", "3.13.0")
WORLDS = {DEMO: lock.DEMO_EXTRAS, TEST: lock.TEST_EXTRAS}

each_python = pytest.mark.parametrize("python", PYTHONS)
each_lock = pytest.mark.parametrize(
    "path", [BUILD, INSTALLER, DEMO, TEST], ids=lambda path: path.stem
)
each_world = pytest.mark.parametrize("path", [DEMO, TEST], ids=lambda path: path.stem)


def linux(python: str) -> dict[str, str]:
    """What markers see on Linux, x86-64, under this Python."""
    there = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
    versions = {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "implementation_version": python,
    }
    return {**default_environment(), **there, **versions, "os_name": "posix"}


def taken(path: Path, environment: dict[str, str]) -> dict[str, Locked]:
    """What pip takes of a lock, by name."""
    pinned = read_lock(path) + (read_lock(TORCH) if path == TEST else [])
    here = [one for one in pinned if not one.marker or Marker(one.marker).evaluate(environment)]
    assert max(Counter(one.name for one in here).values()) == 1
    return {one.name: one for one in here}


def required(name: str, extras: tuple[str, ...], environment: dict[str, str]) -> Iterator[str]:
    """Requirements of an installed package that hold there, as written."""
    for text in importlib.metadata.requires(name) or []:
        marker = Requirement(text).marker
        if marker is None or any(
            marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)
        ):
            yield text


@each_python
@each_world
def test_all_that_setup_asks_for_is_locked(path: Path, python: str, setup_metadata: Path) -> None:
    environment = linux(python)
    (distribution,) = importlib.metadata.distributions(path=[str(setup_metadata)])
    pinned = taken(path, environment)
    wanted = [Requirement(text) for text in distribution.requires or []]
    applicable = [
        one
        for one in wanted
        if one.marker is None
        or any(one.marker.evaluate({**environment, "extra": e}) for e in ("", *WORLDS[path]))
    ]
    assert len(applicable) > 8
    for one in applicable:
        found = pinned[canonicalize_name(one.name)]
        assert one.specifier.contains(found.version, prereleases=True), (str(one), found.version)
    assert ("carla" in pinned) == (python < "3.13")


@pytest.fixture(scope="module")
def setup_metadata(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where setup.py as it is now has written what it requires."""
    folder = tmp_path_factory.mktemp("metadata")
    command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(folder)]
    subprocess.run(command, cwd=repo, check=True, capture_output=True)
    return folder


@each_lock
def test_every_package_has_hashes_and_none_says_where_it_is_from(path: Path) -> None:
    pinned = read_lock(path)
    assert pinned
    for one in pinned:
        assert one.hashes, one.name
        assert one.name not in ("torch", "pip", "triton")
    text = path.read_text()
    for word in ("://", "--index", "--extra", "--find", "file:", " @ "):
        assert word not in text


def test_the_small_locks_are_parts_of_the_large_one() -> None:
    large = {(one.name, one.version): set(one.hashes) for one in read_lock(TEST)}
    for one in read_lock(DEMO) + read_lock(BUILD) + read_lock(INSTALLER):
        assert large[one.name, one.version] == set(one.hashes)
    assert [one.name for one in read_lock(BUILD)] == ["setuptools"]
    assert [one.name for one in read_lock(INSTALLER)] == ["uv"]


def test_what_runs_here_is_what_the_lock_says() -> None:
    environment = {**default_environment(), "extra": ""}
    pinned = taken(TEST, environment)
    waiting, seen = [(PACKAGE, lock.TEST_EXTRAS)], set()
    while waiting:
        name, extras = waiting.pop()
        for text in required(name, extras, environment):
            one = Requirement(text)
            key = (canonicalize_name(one.name), tuple(sorted(one.extras)))
            # What PyTorch brings differs by its build; pip comes with the environment.
            if key not in seen and not lock.LEFT_OUT.match(f"{key[0]}=="):
                seen.add(key)
                waiting.append(key)
                assert importlib.metadata.version(key[0]) == pinned[key[0]].version, key[0]
    assert len({name for name, _ in seen}) > 150


def test_nothing_is_missing_here() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_matrix_takes_the_same_versions() -> None:
    constraints = MATRIX.read_text(encoding="utf-8").splitlines()[1:]
    assert constraints == [one.as_constraint() for one in read_lock(TEST)]
    assert not [text for text in constraints if Requirement(text).url]
