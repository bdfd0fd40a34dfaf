# SPDX-License-Identifier: Apache-2.0
"""The arguments of the launch files; those that a node has too are its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from unet_perception.errors import BundleError, LabelSetError
from unet_perception.labels import BUILTIN_LABEL_SETS, load_label_set
from unet_perception.options.camera_source import CAMERA_SOURCE_OPTIONS
from unet_perception.options.carla_bridge import CARLA_BRIDGE_OPTIONS
from unet_perception.options.live_view import LIVE_VIEW_OPTIONS, NODE_NAME
from unet_perception.options.option import (
    Option,
    choice,
    file_or_nothing,
    folder_or_nothing,
    switch,
)
from unet_perception.options.perception import PERCEPTION_OPTIONS, TOPIC_NAME
from unet_perception.segmenter import find_model

_TRAFFIC = re.compile(r"(\d{1,4})(?:,(\d{1,4}))?", re.ASCII)

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
VIEWS = ("auto", "none", "rviz", "web")
SWITCH = ("auto", "true", "false")


def some(options: Iterable[Option], *names: str) -> tuple[Option, ...]:
    """Return the options with these names."""
    by_name = {option.name: option for option in options}
    return tuple(by_name[name] for name in names)


def _is_model(value: str) -> bool:
    try:
        find_model(value)
    except BundleError:
        return False
    return bool(value)


def _is_label_set(value: str) -> bool:
    try:
        load_label_set(value)
    except LabelSetError:
        return False
    return True


def file(name: str, description: str) -> Option:
    """Return an argument that names a file."""
    return Option(name, "", description, "the path of a file, or empty", file_or_nothing)


def topic(name: str, default: str, description: str) -> Option:
    """Return an argument that names a topic."""
    words = "the name of a topic, or empty"
    return Option(
        name, default, description, words, lambda x: not x or bool(TOPIC_NAME.fullmatch(x))
    )


_model, *_network, _input = some(
    PERCEPTION_OPTIONS, "model", "engine", "precision", "input_image_topic"
)

NETWORK = (_model, *_network, _input)
"""Those that are parameters of the perception node."""

PERCEPTION_ARGUMENTS = (
    _input,
    replace(_model, accepts=_is_model),
    *_network,
    Option(
        "namespace",
        "",
        "namespace of the perception node, such as car1; its topics are below it",
        "a name such as car1 or fleet/car1, or empty",
        lambda value: not value or NODE_NAME.fullmatch(value) is not None,
    ),
    file("params", "parameter file of the perception node; other arguments win over it"),
    switch("use_sim_time", False, "take the time from /clock"),
    choice("log_level", "info", "least severity that the nodes log", LOG_LEVELS),
)

_host, _port = some(LIVE_VIEW_OPTIONS, "host", "port")
VIEW_ADDRESS = (
    replace(_host, name="view_host", description=f"with view:=web, {_host.description}"),
    replace(_port, name="view_port", description=f"with view:=web, {_port.description}"),
)

VIEW_ARGUMENTS = (
    choice(
        "rviz", "auto", "start rviz2; auto where it is installed and there is a display", SWITCH
    ),
    choice(
        "view",
        "auto",
        "what shows the masks: rviz, a page for web browsers, none, or auto as rviz says",
        VIEWS,
    ),
    file("rviz_config", "rviz2's configuration; empty for the shipped overlay.rviz"),
    *VIEW_ADDRESS,
)

RESPAWN = switch("respawn", False, "start a part again that ended; else its end ends all")

IDS_TOPIC = topic("ids_topic", "", "topic of the true class ids; empty for the bridge's")
IDS_LABEL_SET = choice(
    "ids_label_set", "carla-0.9.14", "label set of these ids", BUILTIN_LABEL_SETS
)

SERVER_ARGUMENTS = some(CARLA_BRIDGE_OPTIONS, "host", "port", "timeout", "fixed_delta_seconds")

BRIDGE_OWN = (
    *SERVER_ARGUMENTS,
    *some(
        CARLA_BRIDGE_OPTIONS,
        *("town", "role_name", "vehicle", "passive", "synchronous_mode", "recover"),
    ),
    replace(some(CARLA_BRIDGE_OPTIONS, "cameras")[0], accepts=file_or_nothing),
)
"""Those that are parameters of the bridge."""

BRIDGE_ARGUMENTS = (
    *BRIDGE_OWN,
    file("bridge_params", "parameter file of the bridge; other arguments win over it"),
    choice(
        "autopilot",
        "auto",
        "let CARLA drive the vehicle; auto does so for source:=playback alone",
        SWITCH,
    ),
)

TRAFFIC = Option(
    "traffic",
    "0",
    "other vehicles to spawn, or vehicles and walkers",
    "a number up to 1000, or two such as 30,20",
    lambda value: all(int(number) <= 1000 for number in split_traffic(value)),
)

PLAYBACK_ARGUMENTS = (
    Option(
        "data",
        "",
        "what source:=playback plays; empty for the built-in street",
        "a folder with CameraRGB/ and CameraMask/, or empty",
        folder_or_nothing,
    ),
    replace(
        some(CAMERA_SOURCE_OPTIONS, "label_set")[0],
        description="label set of that folder, where it has no dataset.json",
        accepts=_is_label_set,
    ),
)


def split_traffic(value: str) -> tuple[int, int]:
    """Return the numbers of vehicles and walkers; out of range if the text has none."""
    match = _TRAFFIC.fullmatch(value.replace(" ", ""))
    if match is None:
        return 9999, 9999
    return int(match[1]), int(match[2] or 0)
