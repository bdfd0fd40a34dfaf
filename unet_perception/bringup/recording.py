# SPDX-License-Identifier: Apache-2.0
"""What ``record.launch.py`` starts: the recorder, by itself or beside a playback server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unet_perception.bringup.arguments import changed, refuse_idle
from unet_perception.bringup.enclave import ENCLAVE, secured
from unet_perception.bringup.parts import Command, Part, System
from unet_perception.bringup.stacks import (
    camera_topic,
    playback_server,
    topic_recorder,
    truth_topic,
)
from unet_perception.bringup.tables import (
    IDS_LABEL_SET,
    PLAYBACK_ARGUMENTS,
    SERVER_ARGUMENTS,
    file,
    topic,
)
from unet_perception.errors import ConfigError
from unet_perception.options.option import Option, choice, number

SOURCES = ("carla", "playback", "topic")
WORDS = "words with commas between them, or empty"

OUT = Option("out", "", "folder of the pairs; a recording goes on where it stopped", "a folder")
PAIRS = number(
    "pairs",
    0,
    "pairs of each set; 0 for the plan's, or with source:=topic for as long as it runs",
    0,
    10_000_000,
)

PLAN_ARGUMENTS = (
    file("plan", "recording plan; empty for the shipped recorder.yaml"),
    file("cameras", "list of the cameras; empty for the shipped carla_cameras.yaml"),
    Option("towns", "", "maps to drive in, such as Town01,Town05; empty for the plan's", WORDS),
    Option("weathers", "", "weathers, such as ClearNoon,WetSunset; empty for the plan's", WORDS),
    Option("val", "", "towns or sets that go into val.txt; empty for the plan's", WORDS),
)

TOPIC_ARGUMENTS = (
    topic("picture_topic", camera_topic(), "topic of the pictures, for source:=topic"),
    topic("ids_topic", truth_topic(), "topic of the class ids, for source:=topic"),
    IDS_LABEL_SET,
    ENCLAVE,
)

RECORD_SYSTEM = (
    OUT,
    choice(
        "source",
        "carla",
        "what is recorded: a CARLA server, a playback server in its place, or two topics",
        SOURCES,
    ),
    PAIRS,
    *SERVER_ARGUMENTS,
    *PLAN_ARGUMENTS,
    *TOPIC_ARGUMENTS,
    *PLAYBACK_ARGUMENTS,
)


def record_system(values: Mapping[str, Any], environment: Mapping[str, str]) -> System:
    """Return the recorder and what it records from.

    Args:
        values: The arguments.
        environment: Environment of the launch.

    Raises:
        ConfigError: Arguments are missing or do not go together.
    """
    source = values["source"]
    if not values["out"]:
        raise ConfigError("argument out is missing; name the folder to record into: out:=my_data")
    out = Path(values["out"]).expanduser()
    if source != "playback":
        refuse_idle(PLAYBACK_ARGUMENTS, values, f"source:={source} plays nothing")
    if source == "topic":
        refuse_idle(
            (*SERVER_ARGUMENTS, *PLAN_ARGUMENTS), values, "source:=topic only listens to topics"
        )
        camera, ids = values["picture_topic"], values["ids_topic"]
        label_set = values["ids_label_set"]
        recorder = topic_recorder(out, camera, ids, label_set, values["pairs"])
        return secured(System((recorder,)), values, environment)
    refuse_idle(TOPIC_ARGUMENTS, values, f"source:={source} asks the server")
    parts: tuple[Part, ...] = (_recorder(out, values),)
    if source == "playback":
        data = Path(values["data"]).expanduser().resolve() if values["data"] else None
        parts = (playback_server(values["port"], data, values["label_set"]), *parts)
    return System(parts)


def _recorder(out: Path, values: Mapping[str, Any]) -> Command:
    words = ["record", str(out)]
    for name, value in changed((*SERVER_ARGUMENTS, PAIRS, *PLAN_ARGUMENTS), values).items():
        given = value.replace(",", " ").split() if name in ("towns", "weathers", "val") else [value]
        words += [f"--{name.replace('_', '-')}", *map(str, given)]
    return Command("record", tuple(words), finishes=True)
