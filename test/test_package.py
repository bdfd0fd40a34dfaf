# SPDX-License-Identifier: Apache-2.0
"""The package's metadata agree with each other and with the tree."""

from __future__ import annotations

import ast
import os
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
        assert f"{script.name} = unet_perception.nodes.main:{script.name}" in setup
        assert f'"scripts/{script.name}"' in setup


def imports(path: Path) -> set[str]:
    """Packages that a file imports when it is imported."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


TORCH_ROOMS = (
    *(
        "model/unet.py",
        "model/unet_layers.py",
        "model/summary.py",
        "model/activations.py",
        "training/",
    ),
    *("engines/pytorch.py", "engines/cuda.py", "engines/cuda_graph.py", "engines/self_test.py"),
    *("evaluation/parity.py", "quantization/"),
)
OPENVINO_ROOMS = ("engines/openvino", "quantization/", "bench/", "evaluation/onnx_run.py")


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("rclpy", ("nodes/",)),
        ("torch", TORCH_ROOMS),
        ("onnx", ("model/graph.py",)),
        ("h5py", ("model/",)),
        ("openvino", OPENVINO_ROOMS),
    ],
)
def test_heavy_packages_stay_in_their_rooms(
    repo: Path, package: str, rooms: tuple[str, ...]
) -> None:
    root = repo / "unet_perception"
    for path in sorted(root.rglob("*.py")):
        if package in imports(path):
            assert str(path.relative_to(root)).startswith(rooms), path


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
