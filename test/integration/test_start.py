# SPDX-License-Identifier: Apache-2.0
"""What cannot start says so in one line, and ends with exit code 1."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path
from typing import Any

import pytest


def refusal(started: Any) -> str:
    """The one line that a process leaves that refuses to start."""
    assert started.wait() == 1, started.output
    assert "Traceback" not in started.output
    # Lines in brackets are the middleware's own.
    lines = [line for line in started.output.splitlines() if not line.startswith("[")]
    assert len(lines) == 1, started.output
    return str(lines[0])


def parameters(**given: object) -> list[str]:
    return ["--ros-args", *(x for key, value in given.items() for x in ("-p", f"{key}:={value}"))]


def test_a_missing_model(peer: Any, tmp_path: Path) -> None:
    line = refusal(peer.start("perception", *parameters(model=tmp_path / "gone")))
    assert line.startswith("perception: cannot start: ")
    assert str(tmp_path / "gone") in line


def test_a_damaged_model(peer: Any, model: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(model, damaged)
    network = damaged / "model.onnx"
    network.write_bytes(network.read_bytes()[:-100])
    line = refusal(peer.start("perception", *parameters(model=damaged)))
    assert str(network) in line
    assert "truncated" in line


@pytest.mark.parametrize(
    ("name", "parameter", "value", "told"),
    [
        ("perception", "engine", "tensorflow", "auto, tensorrt, cuda, openvino, pytorch"),
        ("perception", "threads", "-1", "0 to 1024"),
        ("perception", "threads", "many", "whole number"),
        ("perception", "overlay_alpha", "1.5", "0 to 1"),
        ("perception", "overlay_alpha", ".nan", "0 to 1"),
        ("perception", "overlay_alhpa", "0.5", "overlay_alpha"),
        ("camera_source", "rate", "0", "0.1 to 240"),
        ("camera_source", "conditions", "Snow", "ClearNoon"),
        ("camera_source", "data", "/no/such/folder", "CameraRGB"),
    ],
)
def test_a_wrong_parameter(peer: Any, name: str, parameter: str, value: str, told: str) -> None:
    line = refusal(peer.start(name, *parameters(**{parameter: value})))
    assert line.startswith(f"{name}: cannot start: ")
    assert parameter in line
    assert told in line


def test_an_engine_without_its_hardware(peer: Any) -> None:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        line = refusal(peer.start("perception", *parameters(engine="tensorrt")))
        assert line.startswith(
            "perception: cannot start: engine tensorrt cannot run: no NVIDIA driver"
        )
    else:
        pytest.skip("there is an NVIDIA driver here")


def test_a_node_that_only_builds_its_engine_leaves(peer: Any, model: Path) -> None:
    started = peer.start(
        "perception",
        *parameters(model=model, engine="openvino", precision="fp32", engine_build_only="true"),
    )
    assert started.wait() == 0, started.output
    assert "on openvino" in started.output
    assert f"model {model}, network " in started.output
    assert "of unknown origin" in started.output


def test_an_unknown_argument(peer: Any) -> None:
    assert "'--fast'" in refusal(peer.start("perception", "--fast"))


def test_unreadable_ros_arguments(peer: Any, tmp_path: Path) -> None:
    line = refusal(
        peer.start("perception", "--ros-args", "--params-file", str(tmp_path / "no.yaml"))
    )
    assert "no.yaml" in line
