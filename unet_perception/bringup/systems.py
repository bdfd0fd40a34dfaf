# SPDX-License-Identifier: Apache-2.0
"""What each launch file starts, by its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unet_perception.bringup.arguments import changed, refuse_idle
from unet_perception.bringup.enclave import ENCLAVE, secured
from unet_perception.bringup.parts import Command, Part, RosNode, System
from unet_perception.bringup.stacks import (
    DEMO_CAMERAS,
    camera_source,
    camera_topic,
    carla_bridge,
    has_carla_client,
    perception,
    playback_server,
    topic_recorder,
    truth_topic,
)
from unet_perception.bringup.tables import (
    BRIDGE_ARGUMENTS,
    BRIDGE_OWN,
    IDS_LABEL_SET,
    IDS_TOPIC,
    NETWORK,
    PERCEPTION_ARGUMENTS,
    PLAYBACK_ARGUMENTS,
    RESPAWN,
    TRAFFIC,
    VIEW_ARGUMENTS,
    split_traffic,
)
from unet_perception.bringup.viewer import page, viewer
from unet_perception.errors import ConfigError
from unet_perception.files.share import shipped
from unet_perception.options.option import Option, Value, choice

NATIVE_PARAMS = "config/perception_native.yaml"
NATIVE_CAMERA = "/carla/hero/rgb/image"
NATIVE_DOMAIN = "0"

CARLA_SOURCES = ("carla", "native", "playback", "topic")

SOURCE = choice(
    "source",
    "carla",
    "where the pictures come from: a CARLA server by way of the bridge, CARLA's own ROS 2 "
    "(native), a playback server in its place, or any topic",
    CARLA_SOURCES,
)

RECORD = Option(
    "record", "", "folder to record pairs of picture and mask into", "a folder, or empty"
)

PERCEPTION_SYSTEM = (*PERCEPTION_ARGUMENTS, *VIEW_ARGUMENTS, RESPAWN, ENCLAVE)

CARLA_SYSTEM = (
    SOURCE,
    *BRIDGE_ARGUMENTS,
    TRAFFIC,
    *PERCEPTION_SYSTEM,
    RECORD,
    IDS_TOPIC,
    IDS_LABEL_SET,
    *PLAYBACK_ARGUMENTS,
)

ELSEWHERE = ("source", "host", "ids_topic", "ids_label_set", "recover")
PLAYBACK_SYSTEM = tuple(option for option in CARLA_SYSTEM if option.name not in ELSEWHERE)

Values = Mapping[str, Any]
Environment = Mapping[str, str]


def perception_system(values: Values, environment: Environment) -> System:
    """Return the perception node of any camera, and its viewer.

    Raises:
        ConfigError: Arguments do not go together.
    """
    return secured(_perceive(values, environment, _Source()), values, environment)


def playback_system(values: Values, environment: Environment) -> System:
    """Return the system of ``carla_system`` on a playback server.

    Raises:
        ConfigError: Arguments do not go together.
    """
    elsewhere = {x.name: x.default for x in CARLA_SYSTEM if x.name in ELSEWHERE}
    return carla_system({**elsewhere, **values, "source": "playback"}, environment)


def carla_system(values: Values, environment: Environment) -> System:
    """Return source, perception, viewer and recorder.

    Raises:
        ConfigError: Arguments do not go together.
    """
    source = _source(values, environment)
    seen = _perceive(values, environment, source)
    system = replace(
        seen,
        parts=(*seen.parts, *_recorder(values, source)),
        notes=(*source.notes, *seen.notes),
    )
    return secured(system, values, environment)


@dataclass(frozen=True)
class _Source:
    """Where the pictures come from.

    Attributes:
        parts: What gives them.
        camera: Their topic; empty if nobody knows it.
        ids: Topic of the true class ids; empty likewise.
        ids_label_set: Label set of these.
        params: A parameter file for the perception node; empty for none.
        notes: What to tell the user.
    """

    parts: tuple[Part, ...] = ()
    camera: str = ""
    ids: str = ""
    ids_label_set: str = ""
    params: str = ""
    notes: tuple[str, ...] = ()


def _source(values: Values, environment: Environment) -> _Source:
    name, label_set = values["source"], values["ids_label_set"]
    if name not in ("carla", "playback"):
        refuse_idle((*BRIDGE_ARGUMENTS, TRAFFIC), values, f"source:={name} has no bridge")
    if name != "playback":
        refuse_idle(PLAYBACK_ARGUMENTS, values, f"source:={name} plays nothing")
    elif values["host"] != "localhost":
        raise ConfigError(f"argument host is {values['host']!r}, but source:=playback serves here")
    if name == "topic":
        return _Source(ids_label_set=label_set)
    if name == "native":
        return _native(label_set, environment)
    if name == "playback" and not has_carla_client():
        rate = 1.0 / values["fixed_delta_seconds"]
        return _Source(
            (camera_source(_data(values), rate, values["label_set"]),),
            *(camera_topic(), truth_topic(), values["label_set"]),
            notes=(
                "CARLA's client is not installed here: a camera node stands in for the server "
                "and the bridge, and their arguments do nothing",
            ),
        )
    role = values["role_name"]
    return _Source(_bridge(values), camera_topic(role), truth_topic(role), label_set)


def _native(label_set: str, environment: Environment) -> _Source:
    domain = environment.get("ROS_DOMAIN_ID", NATIVE_DOMAIN)
    told = f"ROS_DOMAIN_ID is {domain}, but CARLA's own ROS 2 is in domain {NATIVE_DOMAIN}"
    return _Source(
        camera=NATIVE_CAMERA,
        ids_label_set=label_set,
        params=str(shipped(NATIVE_PARAMS)),
        notes=() if domain == NATIVE_DOMAIN else (told,),
    )


def _perceive(values: Values, environment: Environment, source: _Source) -> System:
    given, namespace = values["input_image_topic"], _namespace(values)
    parameters = changed(NETWORK, values)
    if values["use_sim_time"]:
        parameters["use_sim_time"] = True
    # The topic is either an argument, or in the source's file, or that of the source.
    node = replace(
        perception(parameters, "" if given or source.params else source.camera),
        params_files=_files("" if given else source.params, values["params"]),
        namespace=values["namespace"],
    )
    camera = _absolute(given or source.camera or "image", namespace)
    shown = f"{namespace}/perception"
    rviz, rviz_note = viewer(values, camera, shown, environment)
    web, web_note = page(values, shown)
    nodes = (*source.parts, node, *([web] if web else []))
    parts = [_with_log_level(part, values) for part in nodes]
    notes = tuple(note for note in (rviz_note, web_note) if note)
    return System((*parts, *([rviz] if rviz else [])), notes, respawn=values["respawn"])


def _bridge(values: Values) -> tuple[Part, ...]:
    played = values["source"] == "playback"
    vehicles, walkers = split_traffic(values["traffic"])
    parameters: dict[str, Value] = changed(BRIDGE_OWN, values)
    if values["traffic"] != TRAFFIC.default:
        parameters |= {"vehicles": vehicles, "walkers": walkers}
    if values["autopilot"] != "auto":
        parameters["autopilot"] = values["autopilot"] == "true"
    elif played:
        parameters["autopilot"] = True
    if played and not values["cameras"]:
        parameters["cameras"] = str(shipped(DEMO_CAMERAS))
    bridge = replace(carla_bridge(parameters), params_files=_files(values["bridge_params"]))
    if not played:
        return (bridge,)
    return playback_server(values["port"], _data(values), values["label_set"]), bridge


def _recorder(values: Values, source: _Source) -> tuple[Command, ...]:
    if not values["record"]:
        refuse_idle((IDS_TOPIC, IDS_LABEL_SET), values, "nothing is recorded")
        return ()
    camera = values["input_image_topic"] or source.camera
    ids = values["ids_topic"] or source.ids
    for name, topic in (("ids_topic", ids), ("input_image_topic", camera)):
        if not topic:
            raise ConfigError(
                f"argument record needs {name} with source:={values['source']}, where nobody "
                "knows the topic"
            )
    out = Path(values["record"]).expanduser()
    camera = _absolute(camera, _namespace(values))
    return (topic_recorder(out, camera, ids, source.ids_label_set),)


def _with_log_level(part: Part, values: Values) -> Part:
    if isinstance(part, RosNode) and values["log_level"] != "info":
        return replace(part, log_level=values["log_level"])
    return part


def _files(*given: str) -> tuple[Path, ...]:
    return tuple(Path(path).expanduser() for path in given if path)


def _data(values: Values) -> Path | None:
    return Path(values["data"]).expanduser().resolve() if values["data"] else None


def _namespace(values: Values) -> str:
    return "/" + values["namespace"].strip("/") if values["namespace"] else ""


def _absolute(topic: str, namespace: str) -> str:
    if topic.startswith("/"):
        return topic
    return f"{namespace}/{topic.replace('~', 'perception')}"
