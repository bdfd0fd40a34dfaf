# SPDX-License-Identifier: Apache-2.0
"""One enclave for all that a launch file starts, or a sentence why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unet_perception.bringup import systems
from unet_perception.bringup.parts import RosNode
from unet_perception.bringup.recording import RECORD_SYSTEM, record_system
from unet_perception.errors import ConfigError

ENCLAVE = "/unet_perception"
SECURE = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}


def test_every_process_of_a_system_is_in_it(carla: Any, tmp_path: Path) -> None:
    (tmp_path / "lib/rviz2").mkdir(parents=True)
    (tmp_path / "lib/rviz2/rviz2").touch()
    environment = {**SECURE, "DISPLAY": ":0", "AMENT_PREFIX_PATH": str(tmp_path)}
    system = carla(environment, enclave=ENCLAVE, view="web", rviz="true", record="x")
    nodes = [part for part in system.parts if isinstance(part, RosNode)]
    assert [node.name for node in nodes] == ["carla_bridge", "perception", "live_view", "rviz2"]
    for node in nodes:
        words = node.settings()
        assert words[words.index("--enclave") + 1] == ENCLAVE
    (recorder,) = [part for part in system.parts if part.name == "record"]
    assert recorder.environment == {"ROS_SECURITY_ENCLAVE_OVERRIDE": ENCLAVE}
    assert not any("ROS_SECURITY" in note for note in system.notes)


def test_without_one_nothing_is_said_of_enclaves(carla: Any) -> None:
    for part in carla(SECURE, record="x").parts:
        assert "--enclave" not in part.python_arguments()
        assert isinstance(part, RosNode) or part.environment == {}


def test_the_other_launch_files_take_it(describe: Any) -> None:
    for options, system, given in (
        (systems.PERCEPTION_SYSTEM, systems.perception_system, {}),
        (systems.PLAYBACK_SYSTEM, systems.playback_system, {}),
        (RECORD_SYSTEM, record_system, {"out": "x", "source": "topic"}),
    ):
        started = describe(options, system, SECURE, enclave=ENCLAVE, **given)
        assert {part.enclave for part in started.parts} == {ENCLAVE}


@pytest.mark.parametrize("value", ["", "false", "1"])
def test_an_enclave_that_ros_would_not_look_at_is_refused(carla: Any, value: str) -> None:
    with pytest.raises(ConfigError, match="ROS_SECURITY_ENABLE is not true, so nothing"):
        carla({"ROS_SECURITY_ENABLE": value}, enclave=ENCLAVE)


def test_a_recorder_that_has_no_node_takes_none(describe: Any) -> None:
    with pytest.raises(ConfigError, match="enclave is '/unet_perception', but source:=carla"):
        describe(RECORD_SYSTEM, record_system, SECURE, enclave=ENCLAVE, out="x")


def test_a_strategy_that_falls_back_is_told(carla: Any) -> None:
    (note,) = carla({"ROS_SECURITY_ENABLE": "true"}, enclave=ENCLAVE).notes[-1:]
    assert note.startswith("ROS_SECURITY_STRATEGY is not Enforce")


@pytest.mark.parametrize("name", ["unet", "/", "/a/", "/a b", "/1", "/a/../b"])
def test_names_that_are_no_enclaves(carla: Any, name: str) -> None:
    with pytest.raises(ConfigError, match="argument enclave is"):
        carla(SECURE, enclave=name)
