# SPDX-License-Identifier: Apache-2.0
"""The bridge node: CARLA's cameras and clock as topics, for as long as CARLA comes back."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.carla.config import PAUSES_S
from unet_perception.errors import ConfigError, SimulatorError
from unet_perception.files.share import shipped
from unet_perception.nodes.carla_bridge.status import BridgeStatus
from unet_perception.options.carla_bridge import CARLA_BRIDGE_OPTIONS, CarlaBridgeConfig
from unet_perception.options.diagnostics import Status
from unet_perception.ros.declare import declare
from unet_perception.ros.spin import Watch
from unet_perception.ros.status_output import StatusOutput
from unet_perception.ros.transport.handover import Handover

if TYPE_CHECKING:
    from unet_perception.nodes.carla_bridge.drive import Drive

SHUTDOWN_S = 30.0
"""Longer than a loaded server takes to get its settings and actors back."""

STUCK_S = 5.0
"""How long a call may go on, after the node was told to stop, before it is given up. Shorter
than the patience of ``ros2 launch``."""

CAMERAS = "config/carla_cameras.yaml"


class CarlaBridge:
    """One thread has all to do with CARLA; pictures come on the client's own threads."""

    def __init__(self, node: Any, watch: Watch, drive: Drive, status: BridgeStatus) -> None:
        """Begin to connect.

        Args:
            node: The ``rclpy`` node.
            watch: Told when there is no connection at the start, or a setting is wrong.
            drive: What is done with a connection.
            status: How it goes.
        """
        self._log = node.get_logger()
        self._drive = drive
        self._status = status
        self._stop = threading.Event()
        self._output = StatusOutput(node, watch, self._report)
        self._thread = watch.thread("carla", self._run)
        self._thread.daemon = True  # See close().
        self._thread.start()

    def close(self) -> None:
        """Put CARLA's settings and actors back; a server that does not answer is left."""
        self._output.close()
        self._stop.set()
        given_up = time.monotonic() + STUCK_S
        while self._thread.is_alive() and not self._drive.restoring.is_set():
            if time.monotonic() > given_up:
                self._log.error(
                    "CARLA does not answer: its settings and our actors are left as they are; "
                    "the next session with this server puts them back"
                )
                return
            self._thread.join(0.05)
        self._thread.join()

    def _report(self) -> dict[str, Status]:
        return {"carla": self._status.report(time.monotonic())}

    def _run(self) -> None:
        attempt = 0
        told = ""
        while not self._stop.is_set():
            reconnects = self._status.connections
            try:
                self._drive.run(self._stop)
                return
            except SimulatorError as error:
                if self._stop.is_set():
                    return
                if not self._status.connections:
                    raise
                if self._status.connections > reconnects:
                    attempt, told = 0, ""
                pause = PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
                if str(error) != told:
                    self._log.warning(f"{error}; trying to connect again")
                told = str(error)
            attempt += 1
            self._status.lost(time.monotonic() + pause, told)
            self._stop.wait(pause)


def start(node: Any, watch: Watch, handover: Handover | None = None) -> CarlaBridge:
    """Read the settings and start the node; CARLA is connected to in the background.

    Args:
        node: The ``rclpy`` node.
        watch: Told when it cannot go on.
        handover: Takes frames for other nodes of this process as well.

    Raises:
        UnetPerceptionError: A parameter or the file of cameras is wrong, or there is no
            ``carla`` package.
    """
    config = CarlaBridgeConfig(**declare(node, CARLA_BRIDGE_OPTIONS))
    try:
        from unet_perception.carla.cameras import load_cameras
        from unet_perception.nodes.carla_bridge.drive import Drive
        from unet_perception.nodes.carla_bridge.topics import BridgeTopics
    except ModuleNotFoundError as error:
        if error.name != "carla":
            raise
        raise ConfigError(
            "the carla package is not installed: pip install carla==0.9.16, or the version "
            "of your server"
        ) from error
    given = Path(config.cameras).expanduser() if config.cameras else shipped(CAMERAS)
    cameras = load_cameras(given)
    topics = BridgeTopics(node, config.role_name, cameras, handover)
    server = f"{config.host}:{config.port}"
    names = [camera.name for camera in cameras]
    status = BridgeStatus(server, config.role_name, names, 1.0 / config.wall_rate)
    drive = Drive(config, cameras, topics, status, node.get_logger())
    return CarlaBridge(node, watch, drive, status)
