# SPDX-License-Identifier: Apache-2.0
"""Which parts the demo starts."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass
from pathlib import Path

from unet_perception.bringup.parts import Part
from unet_perception.bringup.stacks import (
    CARLA_VERSION,
    DEMO_CAMERAS,
    ROLE,
    camera_source,
    camera_topic,
    carla_bridge,
    has_carla_client,
    perception,
    playback_server,
    truth_topic,
)
from unet_perception.errors import ConfigError
from unet_perception.files.share import shipped
from unet_perception.labels import carla_label_set
from unet_perception.options.live_view import DEFAULT_HOST, DEFAULT_PORT

CAMERA = camera_topic()
TRUTH = truth_topic()

PORTS = (20000, 32000)

SOURCES = ("auto", "carla", "camera")


@dataclass(frozen=True)
class Stack:
    """What is started, in this order.

    Attributes:
        parts: The processes.
        truth_label_set: Label set of the true masks that are published beside the camera.
        source: Where the frames come from, in words.
    """

    parts: tuple[Part, ...]
    truth_label_set: str
    source: str


def playback_stack(
    data: Path | None, rate: float, label_set: str, network: dict[str, str], port: int
) -> Stack:
    """Return playback server, bridge and perception.

    Args:
        data: Folder to play, or None for the built-in street.
        rate: Ticks a second, simulated and real.
        label_set: Label set of a folder that does not say.
        network: Model, engine and precision of the perception node.
        port: Port of the server.

    Raises:
        ConfigError: The file of the demo's cameras is missing.
    """
    bridge = carla_bridge(
        {
            "port": port,
            "role_name": ROLE,
            "autopilot": True,
            "cameras": str(shipped(DEMO_CAMERAS)),
            "synchronous_mode": True,
            "fixed_delta_seconds": 1.0 / rate,
        }
    )
    parts = (playback_server(port, data, label_set), bridge, perception(network, CAMERA))
    return Stack(parts, carla_label_set(CARLA_VERSION), "CARLA's client on the playback server")


def camera_stack(data: Path | None, rate: float, label_set: str, network: dict[str, str]) -> Stack:
    """Return camera source and perception, for machines that have no CARLA client."""
    parts = (camera_source(data, rate, label_set), perception(network, CAMERA))
    return Stack(parts, label_set, "a camera node; CARLA's client is not installed here")


def choose_source(wanted: str) -> str:
    """Return ``carla`` or ``camera``; ``auto`` takes the first that this machine can run.

    Raises:
        ConfigError: The choice is not known or cannot be run.
    """
    if wanted not in SOURCES:
        raise ConfigError(f"source is {wanted!r}; it must be one of {', '.join(SOURCES)}")
    if wanted == "carla" and not has_carla_client():
        raise ConfigError(
            f"source is 'carla', but CARLA's client is not installed: pip install "
            f"carla=={CARLA_VERSION} (there are wheels for Python 3.10 to 3.12 on x86-64)"
        )
    if wanted == "auto":
        return "carla" if has_carla_client() else "camera"
    return wanted


def page_port() -> int:
    """Return the live page's usual port, or one that is free."""
    try:
        socket.create_server((DEFAULT_HOST, DEFAULT_PORT)).close()
    except OSError:
        return free_port()
    return DEFAULT_PORT


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
