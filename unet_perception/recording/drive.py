# SPDX-License-Identifier: Apache-2.0
"""One set of a plan: a town, a weather and a route, driven for as long as pairs are wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.connect import Say
from unet_perception.carla.rig import CameraImage, Rig
from unet_perception.carla.session import Session
from unet_perception.carla.traffic import spawn_traffic
from unet_perception.carla.world_settings import set_weather
from unet_perception.errors import SimulatorError
from unet_perception.recording.arrivals import Arrivals
from unet_perception.recording.keep import KeepRule
from unet_perception.recording.layout import camera_folders
from unet_perception.recording.options import RecorderOptions
from unet_perception.recording.plan import RecordingSet
from unet_perception.recording.progress import Progress
from unet_perception.recording.writer import PairJob

ROLE_NAME = "ego_vehicle"
STUCK_S = 60.0
"""Simulated seconds without a frame worth keeping after which a set is given up."""


def drive_set(
    options: RecorderOptions,
    drive: RecordingSet,
    progress: Progress,
    say: Say,
    should_stop: Callable[[], bool],
) -> Generator[PairJob, None, None]:
    """Drive one set and yield its pairs; whoever has enough closes it, which ends the session.

    Args:
        options: The server, the cameras, what to keep, and the traffic.
        drive: The set.
        progress: Counts what happens on the way.
        say: Told what is unusual.
        should_stop: Whether to end early.

    Raises:
        ConfigError: The cameras make no pairs.
        SimulatorError: The server is lost, refuses something, or the ego does not move.
    """
    plan = options.plan
    config = replace(options.session, town=drive.town)
    with Session(config, say, should_stop=should_stop) as session:
        with session.asked("set the weather"):
            set_weather(session.world, drive.weather)
        ego = session.ego(ROLE_NAME, plan.vehicle, seed=drive.seed)
        session.autopilot.seed(drive.seed)
        session.autopilot.drive([ego])
        spawn_traffic(session, plan.vehicles, plan.walkers, drive.seed)
        arrivals = Arrivals[CameraImage](len(options.cameras))

        def take(image: CameraImage) -> None:
            arrivals.put(image.frame, image.spec.name, image)

        folders = camera_folders(options.cameras)
        rule = KeepRule(plan.min_distance, plan.keep_standing)
        last_kept: float | None = None
        with Rig(session, ego, options.cameras, take):
            while not should_stop():
                snapshot = session.step()
                progress.ticks += 1
                seconds = snapshot.timestamp.elapsed_seconds
                last_kept = seconds if last_kept is None else last_kept
                state = snapshot.find(ego.id)
                place, velocity = state.get_transform(), state.get_velocity()
                location = (place.location.x, place.location.y, place.location.z)
                if not rule.wants(location, velocity.length()):
                    progress.skipped += 1
                    arrivals.pass_over(snapshot.frame)
                    if seconds - last_kept > STUCK_S:
                        raise SimulatorError(
                            f"set {drive.name}: no frame worth keeping for {STUCK_S:g} simulated "
                            "seconds: the ego stands or min_distance is large; keep_standing "
                            "takes such frames, too"
                        )
                    continue
                images = arrivals.take(snapshot.frame, options.patience)
                if images is None:
                    progress.incomplete += 1
                    continue
                rule.kept(location)
                last_kept = seconds
                by_folder = {folder: images[name] for name, folder in folders.items()}
                yield pair_job(by_folder, drive.name, session.town, drive.weather, place, velocity)


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
