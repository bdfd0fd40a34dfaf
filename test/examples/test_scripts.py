# SPDX-License-Identifier: Apache-2.0
"""Every example runs as its reader runs it, on what is shipped."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import pytest

from unet_perception.dataset import read_info
from unet_perception.dataset.manifest import read_manifest

REPO = Path(__file__).resolve().parents[2]
EXAMPLES = REPO / "examples"
MAX_LINES = 60

engine = pytest.mark.skipif(
    not any(Path(path, "openvino").is_dir() for path in sys.path), reason="OpenVINO is not here"
)


def run(name: str, *arguments: object, **environment: str) -> str:
    """Run an example and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPO), **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.name)
def test_it_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    assert text.splitlines()[1].startswith('"""')


@engine
def test_one_picture() -> None:
    rows = dict(line.split()[::-1] for line in run("one_picture.py").splitlines())
    assert float(rows["Roads"].rstrip("%")) > 5
    assert sum(float(share.rstrip("%")) for share in rows.values()) == pytest.approx(100, abs=0.1)


@engine
def test_a_folder(tmp_path: Path) -> None:
    names = run("folder_of_pictures.py", tmp_path / "out").split()
    assert len(names) == 3
    for name in names:
        picture = cv2.imread(str(tmp_path / "out" / "pictures" / name))
        mask = cv2.imread(str(tmp_path / "out" / "masks" / name), cv2.IMREAD_UNCHANGED)
        drawn = cv2.imread(str(tmp_path / "out" / "overlays" / name))
        assert picture is not None
        assert mask is not None
        assert mask.shape == picture.shape[:2]
        assert drawn is not None
        assert drawn.shape == picture.shape
    again = run("folder_of_pictures.py", tmp_path / "again", tmp_path / "out" / "pictures")
    assert again.split() == names


@engine
def test_a_bag(tmp_path: Path) -> None:
    pytest.importorskip("rosbags", reason="rosbags is not installed")
    assert run("bag_with_masks.py", tmp_path / "bag") == "/camera/mask: 3 masks\n"
    again = run("bag_with_masks.py", tmp_path / "again", tmp_path / "bag_pictures")
    assert again == "/camera/mask: 3 masks\n"


@engine
def test_a_label_set_of_ones_own(tmp_path: Path) -> None:
    text = run("own_labels.py", tmp_path / "both.png")
    assert "carla-0.8 -> drive: " in text
    assert "carla-0.9.14 -> drive: " in text
    (line,) = (line for line in text.splitlines() if line.split()[0] == "Drivable")
    assert all(float(share.rstrip("%")) > 10 for share in line.replace(",", "").split()[1:])
    assert cv2.imread(str(tmp_path / "both.png")) is not None


def test_recording_from_ones_own_script(carla_server: Any, tmp_path: Path, repo: Path) -> None:
    pytest.importorskip("carla", reason="CARLA's client is not installed")
    pytest.importorskip("isal", reason="isal is not installed")
    out = tmp_path / "recorded"
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    names = run("record_from_own_script.py", out, carla_server.port, **state).split()
    assert names == [f"{number:06d}" for number in range(5)]
    entries = read_manifest(out)
    frames = [entry.frame for entry in entries]
    assert [entry.name for entry in entries] == names
    assert all(late - early == 2 for early, late in pairwise(frames))
    assert {entry.set for entry in entries} == {"own_script"}
    info = read_info(out)
    assert info is not None
    assert info.label_set == "carla-0.9.14"
    assert not list((tmp_path / "state").rglob("*.json"))  # nothing is left to be swept
    # A second run goes on where the first one stopped.
    more = run("record_from_own_script.py", out, carla_server.port, **state).split()
    assert more == [f"{number:06d}" for number in range(5, 10)]
