# SPDX-License-Identifier: Apache-2.0
"""Sdist and wheel: equal sources give equal bytes, and nothing is missing or too much."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import artefacts
import cv2
import numpy as np
import pytest

import unet_perception

PACKAGE = "unet_perception"
STEM = f"{PACKAGE}-{unet_perception.__version__}"
DATA = f"{STEM}.data/data"
EXECUTABLES = {f"{DATA}/lib/{PACKAGE}/{name}" for name in os.listdir(artefacts.REPO / "scripts")}
INSTALL_S = 120.0
DEMO_S = 240.0


def known_to_git(folder: Path) -> set[str]:
    return set(artefacts.git(folder, "ls-files").split())


def test_equal_sources_give_equal_bytes(
    built: tuple[Path, Path], committed: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "a longer path" / "clone"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", committed, clone], check=True)
    # What lies around in a tree that somebody works in, hours later, with modes of his own.
    (clone / PACKAGE / "__pycache__").mkdir()
    (clone / PACKAGE / "__pycache__" / "share.cpython-311.pyc").write_bytes(b"stale")
    (clone / PACKAGE / "notes.py").write_text("not committed")
    (clone / "build" / "lib" / PACKAGE).mkdir(parents=True)
    (clone / "build" / "lib" / PACKAGE / "old.py").write_text("of an earlier build")
    for path in clone.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    before = os.umask(0o077)
    try:
        again = artefacts.build(clone, tmp_path / "out")
    finally:
        os.umask(before)
    for first, second in zip(built, again, strict=True):
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes()


def test_changes_that_are_not_committed_are_no_release(
    committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", committed, clone], check=True)
    (clone / "README.md").write_text("changed")
    monkeypatch.setattr(artefacts, "REPO", clone)
    assert artefacts.main() == 1
    assert not (clone / "dist").exists()


def test_the_sdist_is_the_source_tree(built: tuple[Path, Path], committed: Path) -> None:
    with tarfile.open(built[0]) as archive:
        members = archive.getmembers()
    files = {member.name.removeprefix(f"{STEM}/") for member in members if member.isfile()}
    made = {name for name in files if name.startswith(f"{PACKAGE}.egg-info/")} | {"PKG-INFO"}
    # Of the hidden ones none is needed to build, test or document.
    wanted = {name for name in known_to_git(committed) if not name.startswith(".")}
    assert files - made == wanted
    assert {member.mtime for member in members} == {members[0].mtime}
    assert {(member.uid, member.uname) for member in members} == {(0, "")}


def test_the_wheel_holds_what_is_installed_and_nothing_else(
    built: tuple[Path, Path], committed: Path
) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    known = known_to_git(committed)
    share = ("config/", "launch/", "models/")
    wanted = {name for name in known if name.startswith(f"{PACKAGE}/")} | EXECUTABLES
    wanted |= {f"{DATA}/share/{PACKAGE}/{name}" for name in known if name.startswith(share)}
    wanted.add(f"{DATA}/share/{PACKAGE}/package.xml")
    wanted.add(f"{DATA}/share/ament_index/resource_index/packages/{PACKAGE}")
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert {name for name, mode in modes.items() if mode & 0o111} == EXECUTABLES


def test_no_path_of_the_machine_is_in_them(built: tuple[Path, Path], committed: Path) -> None:
    places = [str(path).encode() for path in (committed, Path.home(), Path(sys.prefix))]
    with zipfile.ZipFile(built[1]) as archive:
        for name in archive.namelist():
            assert not any(place in archive.read(name) for place in places), name


@pytest.fixture
def environment(built: tuple[Path, Path], tmp_path: Path) -> Path:
    """The wheel in an environment of its own, which sees the others' packages and not ours."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (others,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    (packages,) = folder.glob("lib/python3*/site-packages")
    # A path in here is searched, but the hook of an editable install that lies there is not run.
    (packages / "others.pth").write_text(f"{others}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    options = ["--quiet", "--no-index", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, *options, str(built[1])], check=True, timeout=INSTALL_S, cwd=tmp_path)
    return folder


def test_the_demo_runs_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    pytest.importorskip("rclpy")
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    kept |= {"AMENT_PREFIX_PATH": sys.prefix, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    code = f"from {PACKAGE}.files import share; print(share.__file__, share.share_path('models'))"
    asked = [str(environment / "bin" / "python"), "-c", code]
    found = subprocess.run(asked, env=kept, cwd=tmp_path, capture_output=True, check=True)
    assert all(Path(p).is_relative_to(environment) for p in found.stdout.decode().split())
    demo = [str(environment / "bin" / "unet-perception"), "demo", "--seconds", "3", "--no-view"]
    done = subprocess.run(
        [*demo, "--out", str(tmp_path / "out")],
        env=kept,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEMO_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "first mask after" in done.stdout
    for name in ("overlay.png", "contact_sheet.png"):
        picture = cv2.imread(str(tmp_path / "out" / name))
        assert len(np.unique(picture)) > 20
