# SPDX-License-Identifier: Apache-2.0
"""Cameras on a vehicle: every image as it comes, and whether those that belong together do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import carla
import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.pairing import Pairing
from unet_perception.carla.session import Session
from unet_perception.errors import SimulatorError

FLIGHT = 2.0
"""Longest wait for callbacks that still run when a rig closes, in seconds."""


@dataclass(frozen=True, eq=False)
class CameraImage:
    """One image.

    Attributes:
        spec: The camera.
        frame: Number of the frame that it shows.
        stamp: Simulated time of that frame in seconds.
        pixels: uint8 (H, W, 4), blue, green, red, alpha: the client's own memory, read-only,
            which lives as long as this array. Class ids are in the red channel.
        transform: Where the camera was in the world.
    """

    spec: CameraSpec
    frame: int
    stamp: float
    pixels: NDArray[np.uint8]
    transform: carla.Transform


@dataclass(frozen=True)
class RigCounts:
    """What a rig has seen.

    Attributes:
        frames: Images of each camera by name.
        damaged: Images whose bytes did not fit their size; they are not passed on.
        sets: Frames of which all cameras with the same view have delivered.
        incomplete: Frames of which one of these has not.
        late: Images that came after their frame was given up.
    """

    frames: Mapping[str, int]
    damaged: int
    sets: int
    incomplete: int
    late: int


class Rig:
    """Spawns cameras and passes on what they see, until it is closed.

    The callbacks run on threads of the client, in order for each camera and in parallel
    between cameras. An exception in one is raised by the session's next ``step``.

    Args:
        session: An open session.
        vehicle: What the cameras are attached to.
        cameras: At least one, with different names.
        on_image: Takes each image.

    Raises:
        SimulatorError: The server refused a camera.
    """

    def __init__(
        self,
        session: Session,
        vehicle: carla.Vehicle,
        cameras: Sequence[CameraSpec],
        on_image: Callable[[CameraImage], None],
    ) -> None:
        """Spawn all cameras in one frame, so that those with the same rate keep step."""
        self._session = session
        self._on_image = on_image
        self._state = threading.Condition()
        self._closed = False
        self._flying = 0
        self._damaged = 0
        self._frames = {camera.name: 0 for camera in cameras}
        self._pairings = _pairings(cameras)
        wishes = [
            session.actors.wish(
                camera.blueprint,
                camera.name,
                _transform(camera),
                camera.blueprint_attributes,
                vehicle,
            )
            for camera in cameras
        ]
        with session.asked("spawn cameras"):
            spawned = session.actors.spawn_all(wishes)
        refused = [
            f"{camera.name} ({answer})"
            for camera, answer in zip(cameras, spawned, strict=True)
            if isinstance(answer, str)
        ]
        self._sensors = [answer for answer in spawned if not isinstance(answer, str)]
        if refused:
            self.close()
            raise SimulatorError(
                f"CARLA at {session.config.address} refused to spawn {'; '.join(refused)}"
            )
        with session.asked("start the cameras"):
            for sensor, camera in zip(self._sensors, cameras, strict=True):
                sensor.listen(self._receiver(camera))

    def __enter__(self) -> Rig:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, unless the server is lost: the session's end sees to that."""
        if not self._session.lost:
            self.close()

    @property
    def counts(self) -> RigCounts:
        """What it has seen so far."""
        pairings = set(self._pairings.values())
        with self._state:
            return RigCounts(
                frames=dict(self._frames),
                damaged=self._damaged,
                sets=sum(pairing.complete for pairing in pairings),
                incomplete=sum(pairing.incomplete for pairing in pairings),
                late=sum(pairing.late for pairing in pairings),
            )

    def close(self) -> None:
        """Stop the cameras, wait for callbacks that still run, and destroy the cameras.

        Raises:
            SimulatorError: The server refused to destroy one.
        """
        with self._state:
            self._closed = True
        sensors, self._sensors = self._sensors, []
        self._session.actors.stop(sensors)
        with self._state:
            self._state.wait_for(lambda: self._flying == 0, FLIGHT)
        if sensors:
            with self._session.asked("destroy the cameras"):
                self._session.actors.destroy(sensors)

    def _receiver(self, camera: CameraSpec) -> Callable[[carla.Image], None]:
        def receive(image: carla.Image) -> None:
            with self._state:
                if self._closed:
                    return
                self._flying += 1
            try:
                self._take(camera, image)
            except Exception as error:
                # CARLA's client would print it and go on.
                self._session.report(error)
            finally:
                with self._state:
                    self._flying -= 1
                    self._state.notify_all()

        return receive

    def _take(self, camera: CameraSpec, image: carla.Image) -> None:
        pixels = _pixels(image)
        with self._state:
            self._frames[camera.name] += 1
            if pixels is None:
                self._damaged += 1
                return
        self._on_image(CameraImage(camera, image.frame, image.timestamp, pixels, image.transform))
        if (pairing := self._pairings.get(camera.name)) is not None:
            pairing.put(camera.name, image.frame, None)


def _pairings(cameras: Sequence[CameraSpec]) -> dict[str, Pairing[None]]:
    """Return the pairing of each camera that shares its view with another one, by name."""
    views: dict[Hashable, list[str]] = {}
    for camera in cameras:
        views.setdefault(camera.view, []).append(camera.name)
    found: dict[str, Pairing[None]] = {}
    for names in views.values():
        if len(names) > 1:
            found.update(dict.fromkeys(names, Pairing[None](names)))
    return found


def _transform(camera: CameraSpec) -> carla.Transform:
    return carla.Transform(
        carla.Location(camera.x, camera.y, camera.z),
        carla.Rotation(roll=camera.roll, pitch=camera.pitch, yaw=camera.yaw),
    )


class _Memory:
    """Lets an array hold the image whose memory it shows: ``raw_data`` itself holds nothing."""

    def __init__(self, image: carla.Image, interface: dict[str, Any]) -> None:
        self.image = image
        self.__array_interface__ = interface


def _pixels(image: carla.Image) -> NDArray[np.uint8] | None:
    flat = np.frombuffer(image.raw_data, np.uint8)
    if flat.size != image.height * image.width * 4:
        return None
    interface = {**flat.__array_interface__, "shape": (image.height, image.width, 4)}
    return np.asarray(_Memory(image, interface))
