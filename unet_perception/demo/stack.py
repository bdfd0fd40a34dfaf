# SPDX-License-Identifier: Apache-2.0
"""Which processes make up a running system, and with which arguments."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from unet_perception.errors import ConfigError
from unet_perception.labels import carla_label_set
from unet_perception.share import share_path

ROLE = "ego_vehicle"
CAMERA = f"/carla/{ROLE}/rgb_front/image"
TRUTH = f"/carla/{ROLE}/semantic_segmentation_front/image"
CARLA_VERSION = "0.9.16"

CAMERAS = "config/demo_cameras.yaml"
PORTS = (20000, 32000)

SOURCES = ("auto", "carla", "camera")


@dataclass(frozen=True)
class Program:
    """One process: ``python -m MODULE ARGUMENTS``."""

    name: str
    module: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Stack:
    """What is started, in this order.

    Attributes:
        programs: The processes.
        truth_label_set: Label set of the true masks that are published beside the camera.
        source: Where the frames come from, in words.
    """

    programs: tuple[Program, ...]
    truth_label_set: str
    source: str


def perception(model: str, engine: str, precision: str, camera: str = CAMERA) -> Program:
    """Return the perception node."""
    values = {"model": model, "engine": engine, "precision": precision}
    return _node("perception", values, ("-r", f"image:={camera}"))


def playback_stack(
    data: Path | None, rate: float, label_set: str, perceive: Program, port: int
) -> Stack:
    """Return playback server, bridge and perception.

    Args:
        data: Folder to play, or None for the built-in street.
        rate: Ticks a second, simulated and real.
        label_set: Label set of a folder that does not say.
        perceive: The perception node.
        port: Port of the server.

    Raises:
        ConfigError: The file of the demo's cameras is missing.
    """
    cameras = share_path(CAMERAS)
    if cameras is None:
        raise ConfigError(f"the shipped {CAMERAS} is missing; install the package again")
    played = () if data is None else ("--data", str(data), "--label-set", label_set)
    server = ("playback", "--port", str(port), *played)
    bridge = {
        "port": port,
        "role_name": ROLE,
        "autopilot": True,
        "cameras": cameras,
        "synchronous_mode": True,
        "fixed_delta_seconds": 1.0 / rate,
    }
    programs = (
        Program("playback", "unet_perception.cli", server),
        _node("carla_bridge", bridge),
        perceive,
    )
    words = "CARLA's client on the playback server"
    return Stack(programs, carla_label_set(CARLA_VERSION), words)


def camera_stack(data: Path | None, rate: float, label_set: str, perceive: Program) -> Stack:
    """Return camera source and perception, for machines that have no CARLA client."""
    camera: dict[str, object] = {"rate": rate, "label_set": label_set}
    if data is not None:
        camera["data"] = data
    programs = (_node("camera_source", camera), perceive)
    return Stack(programs, label_set, "a camera node; CARLA's client is not installed here")


def choose_source(wanted: str) -> str:
    """Return ``carla`` or ``camera``; ``auto`` takes the first that this machine can run.

    Raises:
        ConfigError: The choice is not known or cannot be run.
    """
    if wanted not in SOURCES:
        raise ConfigError(f"source is {wanted!r}; it must be one of {', '.join(SOURCES)}")
    # A folder that happens to be called carla has no origin.
    spec = find_spec("carla")
    installed = spec is not None and spec.origin is not None
    if wanted == "carla" and not installed:
        raise ConfigError(
            f"source is 'carla', but CARLA's client is not installed: pip install "
            f"carla=={CARLA_VERSION} (there are wheels for Python 3.10 to 3.12 on x86-64)"
        )
    if wanted == "auto":
        return "carla" if installed else "camera"
    return wanted


def free_port() -> int:
    """Return a port that is free and whose successor is free as well.

    It is below the ports that Linux gives to outgoing connections: a client that keeps
    trying to reach a server that is gone could otherwise be given the server's own port.
    """
    while True:
        port = random.randrange(*PORTS)
        try:
            for wanted in (port, port + 1):
                socket.create_server(("127.0.0.1", wanted)).close()
        except OSError:
            continue
        return port


def _node(name: str, parameters: Mapping[str, object], more: tuple[str, ...] = ()) -> Program:
    pairs = [item for key, value in parameters.items() for item in ("-p", f"{key}:={_text(value)}")]
    return Program(name, "unet_perception.nodes", (name, "--ros-args", *pairs, *more))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
