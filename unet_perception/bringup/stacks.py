# SPDX-License-Identifier: Apache-2.0
"""The parts of which every system is made, and where their topics are."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from unet_perception.bringup.parts import Command, RosNode
from unet_perception.options.live_view import DEFAULT_HOST
from unet_perception.options.option import Value

ROLE = "ego_vehicle"
CARLA_VERSION = "0.9.16"
"""What the playback server says it is; it decides the label set of its true masks."""

LINGER_S = 8.0
"""Shorter than the patience of launch and of the demo."""

VIEW = "live_view"

DEMO_CAMERAS = "config/demo_cameras.yaml"
"""Cameras that see the street as the model learnt it."""


def camera_topic(role: str = ROLE) -> str:
    """Return the topic of the pictures of the front camera."""
    return f"/carla/{role}/rgb_front/image"


def truth_topic(role: str = ROLE) -> str:
    """Return the topic of the true class ids beside them."""
    return f"/carla/{role}/semantic_segmentation_front/image"


def perception(parameters: Mapping[str, Value], camera: str = "") -> RosNode:
    """Return the perception node; it takes ``image`` from the topic ``camera``, if given."""
    remaps = {"image": camera} if camera else {}
    return RosNode("perception", parameters=parameters, remaps=remaps)


def carla_bridge(parameters: Mapping[str, Value]) -> RosNode:
    """Return the bridge to CARLA."""
    return RosNode("carla_bridge", parameters=parameters)


def playback_server(port: int, data: Path | None, label_set: str) -> Command:
    """Return what stands in for CARLA.

    Args:
        port: Where it listens.
        data: Folder to play, or None for the built-in street.
        label_set: Label set of a folder that does not say.
    """
    played = () if data is None else ("--data", str(data), "--label-set", label_set)
    # All are told to stop at once: a bridge whose server had gone could not clean up.
    linger = ("--linger", f"{LINGER_S:g}")
    return Command("playback", ("playback", "--port", str(port), *linger, *played))


def camera_source(data: Path | None, rate: float, label_set: str) -> RosNode:
    """Return the node that stands in for server and bridge where CARLA's client is missing."""
    parameters: dict[str, Value] = {"rate": rate, "label_set": label_set}
    if data is not None:
        parameters["data"] = str(data)
    return RosNode("camera_source", parameters=parameters)


def live_view(
    node: str, port: int, host: str = DEFAULT_HOST, parameters: Mapping[str, Value] | None = None
) -> RosNode:
    """Return the live page; it may end, and everything else goes on.

    Args:
        node: Full name of the perception node.
        port: Port of the page.
        host: Address of the page.
        parameters: Further parameters.
    """
    values: dict[str, Value] = {"node": node, "host": host, "port": port, **(parameters or {})}
    return RosNode(VIEW, parameters=values, needed=False)


def topic_recorder(out: Path, camera: str, ids: str, label_set: str, pairs: int = 0) -> Command:
    """Return what records pairs from two topics.

    Args:
        out: Folder of the pairs.
        camera: Topic of the pictures.
        ids: Topic of the class ids.
        label_set: Their label set.
        pairs: How many to record; 0 goes on until it is stopped.
    """
    topics = ("--from-topics", "--picture-topic", camera, "--ids-topic", ids)
    counted = ("--pairs", str(pairs)) if pairs else ()
    arguments = ("record", str(out), *topics, "--label-set", label_set, *counted)
    return Command("record", arguments, finishes=True)


def has_carla_client() -> bool:
    """Return whether CARLA's client is installed."""
    # A folder that happens to be called carla has no origin.
    spec = find_spec("carla")
    return spec is not None and spec.origin is not None
