# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it sees, what it advises, how it leaves."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import pytest

from unet_perception.cli.main import main
from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM
from unet_perception.doctor.machine import look_at_processor, look_at_shared_memory, unused_segments
from unet_perception.doctor.software import look_at_ros, try_import


def test_processors_are_told_apart() -> None:
    new = {f.topic: f for f in look_at_processor(frozenset({"avx512f", "avx512_vnni"}))}
    assert new["int8"].state == GOOD
    assert new["bf16"].state == NOTE
    old = {f.topic: f for f in look_at_processor(frozenset({"avx2"}))}
    assert old["int8"].state == NOTE
    assert "int8 is not chosen" in old["int8"].text


def test_shared_memory_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (finding,) = look_at_shared_memory(tmp_path / "none")
    assert finding.state == PROBLEM
    assert "--shm-size" in finding.fix
    (finding,) = look_at_shared_memory(tmp_path)
    assert "MiB free" in finding.text


def test_segments_of_killed_nodes_are_told_from_those_in_use(tmp_path: Path) -> None:
    names = ["fastdds_0123456789abcdef", "fastrtps_fedcba9876543210", "fastdds_port7000", "mine"]
    for name in names:
        (tmp_path / name).write_bytes(bytes(4096))
    with (tmp_path / names[0]).open("rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
            assert unused_segments(tmp_path) == {tmp_path / names[1]: 4096}
        assert sorted(unused_segments(tmp_path)) == [tmp_path / name for name in names[:2]]
    (finding,) = look_at_shared_memory(tmp_path)
    assert finding.state == GOOD
    assert "2 segments of nodes that were killed" in finding.text
    os.truncate(tmp_path / names[0], 100 << 20)
    (finding,) = look_at_shared_memory(tmp_path)
    assert finding.state == NOTE
    assert "fastdds shm clean" in finding.fix


def test_the_profile_and_the_middleware_are_looked_at(tmp_path: Path) -> None:
    def look(**environment: str) -> dict[str, str]:
        return {finding.topic: finding.state for finding in look_at_ros(environment)}

    variable = "FASTDDS_DEFAULT_PROFILES_FILE"
    assert look()["Fast DDS profile"] == GOOD
    assert look(**{variable: str(tmp_path / "none.xml")})["Fast DDS profile"] == PROBLEM
    (tmp_path / "some.xml").touch()
    assert look(**{variable: str(tmp_path / "some.xml")})["Fast DDS profile"] == GOOD
    assert look(RMW_IMPLEMENTATION="rmw_cyclonedds_cpp")["middleware"] == NOTE
    assert look(RMW_IMPLEMENTATION="rmw_fastrtps_cpp")["middleware"] == GOOD


def test_a_library_that_crashes_does_not_take_the_doctor_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing_package.py").write_text("import os\nos.kill(os.getpid(), 11)\n")
    (tmp_path / "lacking_package.py").write_text("raise ImportError('libx.so.1: not there')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert try_import("crashing_package") == "importing it ends the process with signal 11"
    assert try_import("lacking_package") == "ImportError: libx.so.1: not there"
    assert "No module named" in try_import("no_such_package")
    assert try_import("json") == ""
    assert "crashing_package" not in sys.modules


def test_the_exit_code_says_whether_the_node_would_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", str(tmp_path / "none")]) == 1
    out = capsys.readouterr().out
    assert "to be put right:" in out
    assert "model" in out.partition("to be put right:")[2]


def test_what_would_run_is_said(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    pytest.importorskip("rclpy", reason="rclpy is not installed")
    assert main(["doctor", str(repo / "models" / "carla_unet")]) == 0
    out = capsys.readouterr().out
    assert "what runs" in out
    assert "ms a frame here" in out
    assert "unet_perception[cpu]" not in out
