# SPDX-License-Identifier: Apache-2.0
"""One connection to CARLA, from the first call to the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.config import SessionConfig
from unet_perception.carla.rig import CameraImage, Rig
from unet_perception.carla.session import Session
from unet_perception.carla.traffic import spawn_traffic
from unet_perception.labels import load_label_set
from unet_perception.nodes.carla_bridge.status import BridgeStatus, Connection
from unet_perception.nodes.carla_bridge.topics import BridgeTopics
from unet_perception.options.carla_bridge import CarlaBridgeConfig
from unet_perception.playback.source import Schedule


class Drive:
    """What the bridge does with a connection; it can be run again with the next one.

    Attributes:
        restoring: Set while, and after, CARLA's settings and actors are put back.
    """

    def __init__(
        self,
        config: CarlaBridgeConfig,
        cameras: Sequence[CameraSpec],
        topics: BridgeTopics,
        status: BridgeStatus,
        log: Any,
    ) -> None:
        """Take what each connection needs.

        Args:
            config: The settings.
            cameras: What the vehicle carries.
            topics: Where pictures and ticks go.
            status: How it goes.
            log: The node's logger.

        Raises:
            ConfigError: Two settings contradict each other.
        """
        self._config = config
        self._session_config = SessionConfig(
            **{field.name: getattr(config, field.name) for field in fields(SessionConfig)}
        )
        self._cameras = cameras
        self._topics = topics
        self._status = status
        self._log = log
        self._seconds = 0.0
        self.restoring = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Connect, set everything up, and step until told to stop; then put everything back.

        Raises:
            SimulatorError: There is no server, it refuses something, or it is lost.
            ConfigError: It does not have what the settings name.
        """
        self.restoring.clear()
        with Session(self._session_config, self._say, should_stop=stop.is_set) as session:
            try:
                self._drive(session, stop)
            finally:
                self.restoring.set()

    def _drive(self, session: Session, stop: threading.Event) -> None:
        config = self._config
        vehicle = session.ego(config.role_name, config.vehicle, config.spawn_point, config.seed)
        if config.autopilot:
            with session.asked("switch the autopilot on"):
                session.autopilot.seed(config.seed)
                session.autopilot.drive([vehicle])
        spawn_traffic(session, config.vehicles, config.walkers, config.seed)
        self._topics.use_labels(load_label_set(session.label_set))
        # Not closed here: the session's end stops and destroys the cameras, too, and it waits
        # for each answer for a short time only.
        rig = Rig(session, vehicle, self._cameras, self._on_image)
        self._tell(session, vehicle)
        self._step(session, rig, stop)

    def _tell(self, session: Session, vehicle: Any) -> None:
        again = "again " if self._status.connections else ""
        how = "spawned" if session.spawned(vehicle) else "adopted"
        self._log.info(
            f"connected {again}to CARLA {session.server_version} at {session.config.address}, "
            f"{session.town}: {', '.join(camera.name for camera in self._cameras)} on the {how} "
            f"{vehicle.type_id} {self._config.role_name}, "
            + (f"ticking at {self._config.wall_rate:g} Hz" if session.sync else "following")
        )
        connection = Connection(
            session.server_version,
            session.client.get_client_version(),
            session.town,
            session.sync,
            len(session.swept),
        )
        self._status.connected(time.monotonic(), connection)

    def _step(self, session: Session, rig: Rig, stop: threading.Event) -> None:
        schedule = Schedule(self._config.wall_rate, time.monotonic())
        while not stop.is_set():
            if session.sync:
                now = time.monotonic()
                if stop.wait(max(0.0, schedule.next(now) - now)):
                    return
            snapshot = session.step()
            if not stop.is_set():
                self._go_on(snapshot.timestamp.elapsed_seconds)
                self._status.ticked(time.monotonic(), snapshot.frame, _sets(rig))

    def _go_on(self, seconds: float) -> None:
        if seconds < self._seconds:
            self._log.info(
                f"simulation time begins anew at {seconds:.3f} s; it was {self._seconds:.3f} s"
            )
        self._seconds = seconds
        self._topics.tick(seconds)

    def _on_image(self, image: CameraImage) -> None:
        # On a thread of CARLA's client. Nothing here may wait for the thread that steps: in
        # some calls that one holds the interpreter until the server answers.
        self._topics.publish(image)
        self._status.image(image.spec.name)

    def _say(self, level: str, text: str) -> None:
        if level == "warning":
            self._log.warning(text)
        else:
            self._log.info(text)


def _sets(rig: Rig) -> dict[str, int]:
    counts = rig.counts
    return {"incomplete_sets": counts.incomplete, "late_partners": counts.late}
