# SPDX-License-Identifier: Apache-2.0
"""One set of a plan: a town, a weather and a route, driven until its pairs are recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.config import SessionConfig
from unet_perception.carla.connect import Say
from unet_perception.carla.rig import CameraImage, ImageSet, Rig
from unet_perception.carla.session import Session
from unet_perception.carla.traffic import spawn_traffic
from unet_perception.carla.world_settings import set_weather
from unet_perception.errors import SimulatorError
from unet_perception.recording.arrivals import Arrivals
from unet_perception.recording.keep import KeepRule
from unet_perception.recording.layout import camera_folders
from unet_perception.recording.plan import Plan, RecordingSet
from unet_perception.recording.writer import PairJob

ROLE_NAME = "ego_vehicle"
STUCK_S = 60.0
"""Simulated seconds without a frame worth keeping after which a set is given up."""


class DriveCounts(Protocol):
    """Counts what happens on the way.

    Attributes:
        ticks: Frames that the server made.
        skipped: Frames that were not worth keeping.
        incomplete: Frames worth keeping of which an image did not come in time.
    """

    ticks: int
    skipped: int
    incomplete: int


class SetDrive:
    """Drives one set and hands on every pair."""

    def __init__(
        self,
        config: SessionConfig,
        cameras: Sequence[CameraSpec],
        plan: Plan,
        patience: float,
        say: Say,
        counts: DriveCounts,
    ) -> None:
        """Take what every set needs.

        Args:
            config: The server; the town is the set's.
            cameras: What is recorded.
            plan: What to keep, and the traffic.
            patience: Seconds that a frame's images may take.
            say: Told what is unusual.
            counts: Counts.

        Raises:
            ConfigError: The cameras make no pairs.
        """
        self._config = config
        self._cameras = cameras
        self._folders = camera_folders(cameras)
        self._views = len({camera.view for camera in cameras})
        self._plan = plan
        self._patience = patience
        self._say = say
        self._counts = counts

    def run(
        self,
        drive: RecordingSet,
        submit: Callable[[PairJob], None],
        wanted: Callable[[], bool],
        should_stop: Callable[[], bool],
    ) -> str:
        """Record until no more pairs are wanted.

        Args:
            drive: The set.
            submit: Takes each pair; may block.
            wanted: Whether the set wants more.
            should_stop: Whether to end early.

        Returns:
            Version of the server.

        Raises:
            SimulatorError: The server is lost, refuses something, or the ego does not move.
            DatasetError: What ``submit`` raises.
        """
        with Session(self._config, self._say, should_stop=should_stop) as session:
            with session.asked("set the weather"):
                set_weather(session.world, drive.weather)
            ego = session.ego(ROLE_NAME, self._plan.vehicle, seed=drive.seed)
            session.autopilot.seed(drive.seed)
            session.autopilot.drive([ego])
            spawn_traffic(session, self._plan.vehicles, self._plan.walkers, drive.seed)
            arrivals: Arrivals[CameraImage] = Arrivals(self._views)

            def take(images: ImageSet) -> None:
                arrivals.put(images.frame, images.images)

            with Rig(session, ego, self._cameras, _ignore, take):
                self._drive(session, ego.id, arrivals, drive, submit, wanted, should_stop)
            return session.server_version

    def _drive(
        self,
        session: Session,
        ego_id: int,
        arrivals: Arrivals[CameraImage],
        drive: RecordingSet,
        submit: Callable[[PairJob], None],
        wanted: Callable[[], bool],
        should_stop: Callable[[], bool],
    ) -> None:
        rule = KeepRule(self._plan.min_distance, self._plan.keep_standing)
        last_kept: float | None = None
        while wanted() and not should_stop():
            snapshot = session.step()
            self._counts.ticks += 1
            seconds = snapshot.timestamp.elapsed_seconds
            last_kept = seconds if last_kept is None else last_kept
            ego = snapshot.find(ego_id)
            place, velocity = ego.get_transform(), ego.get_velocity()
            location = (place.location.x, place.location.y, place.location.z)
            if not rule.wants(location, velocity.length()):
                self._counts.skipped += 1
                arrivals.pass_over(snapshot.frame)
                if seconds - last_kept > STUCK_S:
                    raise SimulatorError(
                        f"set {drive.name}: no frame worth keeping for {STUCK_S:g} simulated "
                        "seconds: the ego stands or min_distance is large; keep_standing takes "
                        "such frames, too"
                    )
                continue
            images = arrivals.take(snapshot.frame, self._patience)
            if images is None:
                self._counts.incomplete += 1
                continue
            rule.kept(location)
            last_kept = seconds
            submit(
                pair_job(
                    {self._folders[name]: image for name, image in images.items()},
                    drive.name,
                    session.town,
                    drive.weather,
                    place,
                    velocity,
                )
            )


def pair_job(
    images: Mapping[str, CameraImage],
    set_name: str,
    town: str,
    weather: Mapping[str, float],
    place: Any,
    velocity: Any,
) -> PairJob:
    """Return a pair to write.

    Args:
        images: Those of one frame, by folder.
        set_name: What the manifest calls the drive.
        town: Where it was.
        weather: As it was.
        place: The vehicle's ``carla.Transform``.
        velocity: Its ``carla.Vector3D``.
    """
    first = next(iter(images.values()))
    at, turn = place.location, place.rotation
    return PairJob(
        frame=first.frame,
        stamp=first.stamp,
        wall_time=time.time(),
        set=set_name,
        town=town,
        weather=weather,
        pose=(at.x, at.y, at.z, turn.roll, turn.pitch, turn.yaw),
        speed=velocity.length(),
        images={folder: _pixels(image) for folder, image in images.items()},
    )


def _pixels(image: CameraImage) -> NDArray[np.uint8]:
    # Class ids are in the red channel; the other kinds of picture are kept as they come.
    return image.pixels[..., 2] if image.spec.type == "semantic_segmentation" else image.pixels


def _ignore(image: CameraImage) -> None:
    """Take an image by itself: only whole sets are recorded."""
