# SPDX-License-Identifier: Apache-2.0
"""What the launch files start, by their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from unet_perception.bringup import systems
from unet_perception.bringup.parts import RosNode, System
from unet_perception.bringup.recording import RECORD_SYSTEM, record_system
from unet_perception.errors import ConfigError
from unet_perception.options.camera_source import CAMERA_SOURCE_OPTIONS
from unet_perception.options.carla_bridge import CARLA_BRIDGE_OPTIONS
from unet_perception.options.option import read_options
from unet_perception.options.perception import PERCEPTION_OPTIONS

OPTIONS = {
    "perception": PERCEPTION_OPTIONS,
    "carla_bridge": CARLA_BRIDGE_OPTIONS,
    "camera_source": CAMERA_SOURCE_OPTIONS,
}
FRONT = "/carla/ego_vehicle/rgb_front/image"
IDS = "/carla/ego_vehicle/semantic_segmentation_front/image"


def names(system: System) -> list[str]:
    return [part.name for part in system.parts]


def part(system: System, name: str) -> Any:
    (found,) = [each for each in system.parts if each.name == name]
    return found


@pytest.mark.parametrize(
    ("source", "started"),
    [
        ("carla", ["carla_bridge", "perception"]),
        ("playback", ["playback", "carla_bridge", "perception"]),
        ("native", ["perception"]),
        ("topic", ["perception"]),
    ],
)
def test_sources(carla: Any, source: str, started: list[str]) -> None:
    assert names(carla(source=source)) == started


def test_what_is_left_at_its_default_is_left_to_the_nodes(carla: Any) -> None:
    system = carla()
    assert part(system, "carla_bridge").parameters == {}
    assert part(system, "perception").parameters == {}
    assert part(system, "perception").remaps == {"image": FRONT}


def test_every_argument_reaches_its_node(carla: Any, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("{}")
    system = carla(
        host="simulator",
        port="3000",
        timeout="20",
        town="Town03",
        role_name="hero",
        passive="true",
        synchronous_mode="false",
        fixed_delta_seconds="0.1",
        traffic="30, 20",
        autopilot="true",
        vehicle="vehicle.audi.*",
        recover="true",
        cameras=str(file),
        bridge_params=str(file),
        engine="openvino",
        precision="fp32",
        namespace="car1",
        params=str(file),
        use_sim_time="true",
        log_level="warn",
        respawn="true",
        record=str(tmp_path / "out"),
    )
    bridge, perception = part(system, "carla_bridge"), part(system, "perception")
    assert bridge.parameters == {
        "host": "simulator",
        "port": 3000,
        "timeout": 20.0,
        "town": "Town03",
        "role_name": "hero",
        "passive": True,
        "synchronous_mode": False,
        "fixed_delta_seconds": 0.1,
        "vehicles": 30,
        "walkers": 20,
        "autopilot": True,
        "vehicle": "vehicle.audi.*",
        "recover": True,
        "cameras": str(file),
    }
    assert perception.parameters == {
        "engine": "openvino",
        "precision": "fp32",
        "use_sim_time": True,
    }
    assert perception.remaps == {"image": "/carla/hero/rgb_front/image"}
    assert perception.namespace == "car1"
    assert bridge.params_files == perception.params_files == (file,)
    assert bridge.log_level == perception.log_level == "warn"
    assert system.respawn
    record = part(system, "record").arguments
    assert record[:2] == ("record", str(tmp_path / "out"))
    assert "/carla/hero/semantic_segmentation_front/image" in record


def test_another_topic_is_taken_where_it_is_named(carla: Any) -> None:
    node = part(carla(input_image_topic="/car/image"), "perception")
    assert node.parameters == {"input_image_topic": "/car/image"}
    assert node.remaps == {}


def test_carlas_own_ros_has_its_preset_and_its_domain(carla: Any) -> None:
    system = carla({"ROS_DOMAIN_ID": "7"}, source="native")
    (file,) = part(system, "perception").params_files
    assert any("ROS_DOMAIN_ID is 7" in note for note in system.notes)
    preset = yaml.safe_load(file.read_text())
    assert preset["/**"]["ros__parameters"]["input_image_topic"] == systems.NATIVE_CAMERA
    other = carla(source="native", input_image_topic="/carla/hero/front/image")
    assert part(other, "perception").params_files == ()


def test_playback_drives_by_itself_with_the_cameras_that_the_model_knows(
    carla: Any, numbered_pairs: Path
) -> None:
    system = carla(source="playback", data=str(numbered_pairs), port="2345")
    assert part(system, "playback").arguments[1:3] == ("--port", "2345")
    assert str(numbered_pairs) in part(system, "playback").arguments
    bridge = part(system, "carla_bridge").parameters
    assert bridge["autopilot"] is True
    assert Path(bridge["cameras"]).name == "demo_cameras.yaml"
    assert bridge["port"] == 2345


def test_without_carlas_client_a_camera_node_stands_in_and_that_is_said(
    carla: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "has_carla_client", lambda: False)
    system = carla(source="playback", fixed_delta_seconds="0.1", record="x")
    assert names(system) == ["camera_source", "perception", "record"]
    assert part(system, "record").arguments[-2:] == ("--label-set", "carla-0.8")
    assert part(system, "camera_source").parameters["rate"] == pytest.approx(10.0)
    assert "CARLA's client is not installed" in system.notes[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"source": "topic", "town": "Town03"}, "town is 'Town03', but source:=topic has no bri"),
        ({"source": "native", "traffic": "3"}, "traffic is '3', but source:=native has no bridge"),
        ({"source": "playback", "host": "far"}, "host is 'far', but source:=playback serves here"),
        ({"label_set": "carla-0.9.14"}, "label_set is 'carla-0.9.14', but source:=carla plays no"),
        ({"source": "topic", "record": "x"}, "record needs ids_topic with source:=topic"),
        ({"ids_topic": "/ids"}, "ids_topic is '/ids', but nothing is recorded"),
    ],
)
def test_arguments_that_would_do_nothing_are_refused(
    carla: Any, given: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError, match=f"argument {told}"):
        carla(**given)


def test_any_two_topics_can_be_recorded(carla: Any) -> None:
    system = carla(
        source="topic", record="x", input_image_topic="image", ids_topic="/ids", namespace="car"
    )
    words = part(system, "record").arguments
    assert words[words.index("--picture-topic") + 1] == "/car/image"
    assert words[words.index("--ids-topic") + 1] == "/ids"


def test_the_smaller_launch_files(describe: Any) -> None:
    seen = describe(systems.PERCEPTION_SYSTEM, systems.perception_system)
    assert names(seen) == ["perception"]
    assert seen.parts[0].remaps == {}
    played = describe(systems.PLAYBACK_SYSTEM, systems.playback_system, port="2345")
    assert names(played) == ["playback", "carla_bridge", "perception"]


@pytest.mark.parametrize(
    ("given", "started", "words"),
    [
        ({}, ["record"], ["--host", "far", "--pairs", "9", "--towns", "Town01", "Town02"]),
        ({"source": "playback"}, ["playback", "record"], ["--pairs", "9"]),
    ],
)
def test_recording_from_a_server(
    describe: Any, given: dict[str, str], started: list[str], words: list[str]
) -> None:
    more = {} if given else {"host": "far", "towns": "Town01,Town02"}
    system = describe(RECORD_SYSTEM, record_system, out="data", pairs="9", **more, **given)
    assert names(system) == started
    record = part(system, "record")
    assert record.finishes
    assert record.arguments[:2] == ("record", "data")
    assert set(words) <= set(record.arguments)


def test_recording_from_topics(describe: Any) -> None:
    system = describe(RECORD_SYSTEM, record_system, out="data", source="topic", pairs="9")
    words = system.parts[0].arguments
    for option, value in (("--picture-topic", FRONT), ("--ids-topic", IDS), ("--pairs", "9")):
        assert words[words.index(option) + 1] == value


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "argument out is missing"),
        ({"out": "x", "source": "topic", "towns": "Town01"}, "towns is 'Town01', but source:=top"),
        ({"out": "x", "ids_topic": "/ids"}, "ids_topic is '/ids', but source:=carla asks the ser"),
        ({"out": "x", "plan": "absent"}, "argument plan is 'absent'; it must be the path"),
    ],
)
def test_wrong_recordings_are_refused(describe: Any, given: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        describe(RECORD_SYSTEM, record_system, **given)


def every_system(carla: Any, describe: Any) -> list[System]:
    full = {"traffic": "3,2", "record": "x", "cameras": "config/carla_cameras.yaml"}
    return [
        *(carla(source=source) for source in systems.CARLA_SOURCES),
        carla(source="playback", **full),
        carla(town="Town03", recover="true", input_image_topic="/a", use_sim_time="true"),
        describe(systems.PERCEPTION_SYSTEM, systems.perception_system, engine="openvino"),
        describe(systems.PLAYBACK_SYSTEM, systems.playback_system),
        *(describe(RECORD_SYSTEM, record_system, out="x", source=s) for s in ("carla", "topic")),
        describe(RECORD_SYSTEM, record_system, out="x", towns="Town01", val="Town01", pairs="1"),
        describe(RECORD_SYSTEM, record_system, out="x", source="playback", port="2345"),
    ]


def test_every_parameter_is_one_that_its_node_takes(
    carla: Any, describe: Any, monkeypatch: pytest.MonkeyPatch, repo: Path
) -> None:
    monkeypatch.chdir(repo)
    started = every_system(carla, describe)
    monkeypatch.setattr(systems, "has_carla_client", lambda: False)
    started.append(carla(source="playback"))
    nodes = [x for system in started for x in system.parts if isinstance(x, RosNode)]
    assert {node.executable for node in nodes} == set(OPTIONS)
    for node in nodes:
        read_options(OPTIONS[node.executable], node.parameters)


def test_every_command_is_one_that_the_command_line_takes(
    carla: Any, describe: Any, monkeypatch: pytest.MonkeyPatch, repo: Path
) -> None:
    from unet_perception.cli import main, playback, record

    monkeypatch.chdir(repo)
    taken = []
    for verb in (playback, record):
        monkeypatch.setattr(verb, "run", lambda options: taken.append(options) or 0)
    for system in every_system(carla, describe):
        for each in system.parts:
            if not isinstance(each, RosNode):
                assert main.main(each.arguments) == 0
    assert {options.verb for options in taken} == {"playback", "record"}
