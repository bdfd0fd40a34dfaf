# SPDX-License-Identifier: Apache-2.0
"""Parts as command lines."""

from __future__ import annotations

from pathlib import Path

import yaml

from unet_perception.bringup.parts import Command, RosNode


def test_texts_stay_texts_and_numbers_numbers() -> None:
    given = {"a": "y", "b": "12", "c": 'it\'s "x": #1', "d": True, "e": 0.05, "f": 3, "g": ["n"]}
    words = RosNode("perception", parameters=given).settings()
    assert words[::2] == ("-p",) * len(given)
    # Of YAML 1.1, which ROS reads, PyYAML leaves out only that a plain y is true.
    assert {k: yaml.safe_load(v) for k, _, v in (x.partition(":=") for x in words[1::2])} == given
    assert words[1] == 'a:="y"'


def test_a_node_as_a_command_line() -> None:
    node = RosNode(
        "perception",
        params_files=(Path("one.yaml"), Path("two.yaml")),
        parameters={"threads": 1},
        remaps={"image": "/camera"},
        namespace="/car1/",
        log_level="warn",
    )
    assert node.python_arguments() == (
        *("-m", "unet_perception.nodes", "perception", "--ros-args"),
        *("--params-file", "one.yaml", "--params-file", "two.yaml", "-p", "threads:=1"),
        *("--log-level", "warn", "-r", "image:=/camera", "-r", "__ns:=/car1"),
    )


def test_a_command_as_a_command_line() -> None:
    command = Command("playback", ("playback", "--port", "2000"))
    assert command.python_arguments() == ("-m", "unet_perception.cli", *command.arguments)
