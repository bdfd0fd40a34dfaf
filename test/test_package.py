# SPDX-License-Identifier: Apache-2.0
"""The package's metadata agree with each other and with the tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import unet_perception

HEAVY = ("rclpy", "torch", "onnx", "carla", "launch")


def test_versions_agree(repo: Path) -> None:
    package = ElementTree.parse(repo / "package.xml").getroot()
    assert package.findtext("version") == unet_perception.__version__
    assert package.findtext("name") == "unet_perception"
    assert f'version="{unet_perception.__version__}"' in (repo / "setup.py").read_text()


def test_ros_executables_are_executable_and_named_in_setup(repo: Path) -> None:
    setup = (repo / "setup.py").read_text()
    for script in (repo / "scripts").iterdir():
        assert os.access(script, os.X_OK)
        imported = re.search(r"^from (\S+) import (\w+)$", script.read_text(), re.MULTILINE)
        assert imported
        assert f"{script.name} = {imported[1]}:{imported[2]}" in setup
        assert f'"scripts/{script.name}"' in setup


@pytest.mark.parametrize(
    "module",
    [
        "unet_perception.nodes.main",
        "unet_perception.cli.main",
        "unet_perception.segmenter",
        "unet_perception.playback.street",
        "unet_perception.training.recipe",
    ],
)
def test_importing_does_not_load_what_is_not_needed(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_command_line_can_block_signals_before_numpy_starts_threads() -> None:
    code = "import sys, unet_perception.cli.main; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
