# SPDX-License-Identifier: Apache-2.0
"""The example package is installed as its reader would, and its engine gives the masks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from plugged import python

CODE = """
import numpy as np
from unet_perception.imaging import Frame
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter

frame = Frame(Street(seed=0).frame(0).rgb, "rgb8")
own = open_segmenter(engine="own")
print(own.engine.info.name, own.engine.info.version)
masks = [each.segment(frame).mask for each in (own, open_segmenter(engine="pytorch"))]
print((masks[0] == masks[1]).mean())
"""
LISTED = """
from unet_perception.doctor.engines import look_at_engines
print(*(f"{x.state} {x.topic}: {x.text}" for x in look_at_engines()), sep="\\n")
"""


@pytest.fixture(scope="module")
def installed(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package, as pip installs it."""
    # Before pip writes into the sources.
    folder = tmp_path_factory.mktemp("installed")
    sources = tmp_path_factory.mktemp("sources")
    for path in (repo / "examples" / "own_engine").iterdir():
        if path.is_file():
            (sources / path.name).write_bytes(path.read_bytes())
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *offline, str(sources)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_engine_gives_the_masks_of_the_reference(installed: Path) -> None:
    for library in ("onnxruntime", "torch", "onnx"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    name, same = python(CODE, installed).splitlines()
    assert name.startswith("own ")
    assert float(same) > 0.999


def test_the_doctor_lists_it(installed: Path) -> None:
    lines = python(LISTED, installed)
    assert "engine own: " in lines
    if "good engine own" in lines:
        assert "package own-engine 1.0; fp32" in lines
