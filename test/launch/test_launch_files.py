# SPDX-License-Identifier: Apache-2.0
"""What the launch files name exists. Needs no ``launch``: a stand-in takes down what is asked."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from launch_harness.recorder import Call, described, forget, modules, started
from launch_harness.required import missing

from unet_perception.bringup import systems
from unet_perception.errors import UnetPerceptionError
from unet_perception.files.share import share_path

REPO = Path(__file__).resolve().parent.parent.parent
FILES = {path.name.split(".")[0]: path for path in sorted((REPO / "launch").iterdir())}
MISSING = missing()
ONLY_THE_SERVER_KNOWS = {
    *("host", "town", "towns", "weathers", "val", "vehicle"),
    *("out", "record"),  # and any folder will do
}
SETUP = ast.parse((REPO / "setup.py").read_text())
NODE_KEYS = {
    *("package", "executable", "name", "namespace", "arguments", "remappings", "ros_arguments"),
    *("output", "additional_env", "on_exit", "respawn", "respawn_delay"),
    *("sigterm_timeout", "sigkill_timeout"),
}


@pytest.fixture(autouse=True)
def launch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(systems, "has_carla_client", lambda: True)
    forget()
    yield
    forget()


def of(calls: list[Call], name: str) -> list[Call]:
    return [call for call in calls if call.name == name]


def node(calls: list[Call], executable: str) -> dict[str, Any]:
    (found,) = [x.kwargs for x in of(calls, "Node") if x.kwargs["executable"] == executable]
    return found


def words_of_setup() -> set[str]:
    return {x.value for x in ast.walk(SETUP) if isinstance(x, ast.Constant)}


@pytest.mark.skipif(bool(MISSING), reason=f"launch files are not run for real: {MISSING}")
def test_launch_itself_runs_them_in_the_other_files() -> None:
    pass


def test_the_launch_files_are_these() -> None:
    assert set(FILES) == {"carla", "perception", "playback", "record"}
    assert all(path.name.endswith(".launch.py") for path in FILES.values())
    assert {"launch/*.launch.py", "config/*", "models/*/*"} <= words_of_setup()


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_arguments_are_described_and_have_texts_for_defaults(file: Path) -> None:
    declared, _ = described(file)
    assert declared
    for call in declared.values():
        assert isinstance(call.kwargs["default_value"], str)
        assert "; " in call.kwargs["description"]


@pytest.mark.parametrize(
    ("file", "given", "nodes", "processes"),
    [
        ("carla", {}, ["carla_bridge", "perception"], []),
        ("carla", {"source": "playback"}, ["carla_bridge", "perception"], ["playback"]),
        ("carla", {"source": "native"}, ["perception"], []),
        ("carla", {"source": "topic"}, ["perception"], []),
        ("carla", {"record": "x"}, ["carla_bridge", "perception"], ["record"]),
        ("perception", {}, ["perception"], []),
        ("playback", {}, ["carla_bridge", "perception"], ["playback"]),
        ("record", {"out": "x"}, [], ["record"]),
        ("record", {"out": "x", "source": "playback"}, [], ["playback", "record"]),
    ],
)
def test_what_they_start_exists(
    file: str, given: dict[str, str], nodes: list[str], processes: list[str]
) -> None:
    calls = started(FILES[file], **given)
    assert [call.kwargs["executable"] for call in of(calls, "Node")] == nodes
    assert [call.kwargs["name"] for call in of(calls, "ExecuteProcess")] == processes
    for call in of(calls, "Node"):
        executable = call.kwargs["executable"]
        assert set(call.kwargs) == NODE_KEYS
        assert call.kwargs["package"] == "unet_perception"
        # As a console script, and as a file for those who installed with pip.
        assert any(str(x).startswith(f"{executable} = ") for x in words_of_setup())
        assert f"scripts/{executable}" in words_of_setup()
        assert (REPO / "scripts" / executable).is_file()
        words = call.kwargs["ros_arguments"]
        for option, value in pairwise(words):
            assert option != "--params-file" or Path(value).is_file()
    for call in of(calls, "ExecuteProcess"):
        assert call.kwargs["cmd"][:3] == [sys.executable, "-m", "unet_perception.cli"]


@pytest.mark.parametrize(
    ("distribution", "variable"),
    [
        ("kilted", "FASTDDS_DEFAULT_PROFILES_FILE"),
        ("jazzy", "FASTRTPS_DEFAULT_PROFILES_FILE"),
    ],
)
def test_every_process_gets_the_profile_unless_the_user_has_one(
    distribution: str, variable: str
) -> None:
    ours = {"ROS_DISTRO": distribution}
    (value,) = {x[variable] for x in environments(started(FILES["playback"], ours))}
    assert Path(value).is_file()
    mine = {**ours, variable: "mine.xml"}
    assert not any(environments(started(FILES["playback"], mine)))


def environments(calls: list[Call]) -> list[Any]:
    started = of(calls, "Node") + of(calls, "ExecuteProcess")
    return [call.kwargs["additional_env"] for call in started]


def test_rviz_is_started_with_the_shipped_configuration(tmp_path: Path) -> None:
    (tmp_path / "lib/rviz2").mkdir(parents=True)
    (tmp_path / "lib/rviz2/rviz2").touch()
    environment = {"AMENT_PREFIX_PATH": str(tmp_path), "DISPLAY": ":0"}
    calls = started(FILES["carla"], environment, namespace="car1", respawn="true")
    rviz = node(calls, "rviz2")
    assert rviz["package"] == "rviz2"
    option, config = rviz["arguments"]
    assert option == "-d"
    assert Path(config) == share_path("config/overlay.rviz")
    assert ("/perception/overlay", "/car1/perception/overlay") in rviz["remappings"]
    assert rviz["respawn"] is False
    assert node(calls, "perception")["respawn"] is True
    assert node(calls, "perception")["namespace"] == "car1"


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_wrong_arguments_end_with_a_sentence(file: Path) -> None:
    declared, _ = described(file)
    for name in declared:
        if name not in ONLY_THE_SERVER_KNOWS:
            with pytest.raises(UnetPerceptionError, match=f"argument {name} is 'wrong"):
                started(file, **{name: "wrong?! wrong"})


class Event:
    """A process has ended, or said something."""

    def __init__(self, code: int = 0, said: str = "") -> None:
        self.returncode = code
        self.text = said.encode()


def ends(calls: list[Call], executable: str, code: int, said: str = "") -> Any:
    """Let a process say something and end; return what the launch does then."""
    place = next(
        i
        for i, call in enumerate(calls)
        if executable in (call.kwargs.get("executable"), call.kwargs.get("name"))
    )
    calls[place - 1].args[0].kwargs["on_stderr"](Event(said=said))
    context = type("Context", (), {"is_shutdown": False})
    return calls[place].kwargs["on_exit"](Event(code), context)


@pytest.mark.parametrize(
    ("code", "how"), [(1, "ended with exit code 1"), (-9, "was ended by SIGKILL")]
)
def test_a_death_ends_the_launch_with_a_sentence(code: int, how: str) -> None:
    calls = started(FILES["carla"])
    with pytest.raises(UnetPerceptionError, match=f"perception {how}: no engine$"):
        ends(calls, "perception", code, "first\nno engine\n\n")


def test_a_death_is_said_where_it_comes_again() -> None:
    calls = started(FILES["carla"], respawn="true")
    said = ends(calls, "perception", -9, "words")
    assert said.kwargs["msg"] == "perception was ended by SIGKILL: words; starting it again"


def test_a_recording_that_is_complete_ends_the_launch_in_good_order() -> None:
    said, end = ends(started(FILES["record"], out="x"), "record", 0)
    assert said.kwargs["msg"] == "record has ended"
    assert end.name == "EmitEvent"


def test_an_enclave_reaches_every_process() -> None:
    secure = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}
    calls = started(FILES["carla"], secure, enclave="/robot", record="x", source="playback")
    for call in of(calls, "Node"):
        words = call.kwargs["ros_arguments"]
        assert words[words.index("--enclave") + 1] == "/robot"
    for call in of(calls, "ExecuteProcess"):
        assert call.kwargs["additional_env"]["ROS_SECURITY_ENCLAVE_OVERRIDE"] == "/robot"
