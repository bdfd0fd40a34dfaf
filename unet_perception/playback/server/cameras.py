# SPDX-License-Identifier: Apache-2.0
"""Cameras of the playback server: which are due, what they see, and their images as bytes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.weather import WIRE_FIELDS
from unet_perception.errors import ConfigError
from unet_perception.labels import LabelSet, label_map
from unet_perception.playback.scenes import CameraView, Moment, Scene
from unet_perception.playback.server import blueprints
from unet_perception.playback.server.actors import Actor, Sensor, Vehicle
from unet_perception.playback.server.faults import Faults
from unet_perception.playback.server.streams import Parts, Streams
from unet_perception.playback.server.wire import Instant, SensorType, image_header
from unet_perception.playback.server.world import RefusedError, World
from unet_perception.playback.source import SourceFrame
from unet_perception.playback.stage import Stage
from unet_perception.playback.street.conditions import carla_conditions

CAMERA_TYPES = {
    blueprints.RGB_CAMERA: SensorType.RGB_CAMERA,
    blueprints.SEMANTIC_CAMERA: SensorType.SEMANTIC_CAMERA,
}
TICK_TOLERANCE = 1e-6
RED = 1 << 16
"""A class id in the red byte of a little-endian B, G, R, A pixel."""


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What a town looks like.

    Attributes:
        scene: Draws it.
        red: The pixel of each of the scene's class ids, uint32 ``(256,)``.
    """

    scene: Scene
    red: NDArray[np.uint32]


@dataclass(frozen=True)
class Shot:
    """An image to be made for a frame.

    Attributes:
        sensor: The camera.
        index: How many images it has taken before.
        backdrop: The town.
        kind: Type of the image.
        place: Where the camera is in the world.
        view: What it sees, relative to what carries it.
        moment: When and where on the drive.
    """

    sensor: Sensor
    index: int
    backdrop: Backdrop
    kind: SensorType
    place: Any
    view: CameraView
    moment: Moment


def camera_view(world: World, camera: Actor) -> CameraView:
    """Return what a camera sees from, relative to its vehicle, or to the road below it.

    Raises:
        RefusedError: An attribute is no number.
    """
    try:
        width = int(camera.attributes["image_size_x"])
        height = int(camera.attributes["image_size_y"])
        fov = float(camera.attributes["fov"])
    except ValueError as error:
        raise RefusedError(f"Spawn failed: {camera.blueprint.id}: {error}") from error
    root = camera.root
    origin = root.world_transform
    if root is camera:
        origin = world.drive.place(world.drive.nearest(origin.x, origin.y))
    seen = camera.world_transform.seen_from(origin)
    # Rounded: transforms that differ by rounding alone share one picture.
    x, y, z, pitch, yaw = (round(value, 3) + 0.0 for value in seen[:5])
    return CameraView(width, height, fov, x, y, z, pitch, yaw)


class CameraWork:
    """Takes the images of a frame: what is due is found under the world's lock, then drawn."""

    def __init__(
        self,
        streams: Streams,
        stage: Stage,
        label_set: LabelSet,
        faults: Faults,
    ) -> None:
        """Prepare to draw.

        Args:
            streams: Where images go.
            stage: What towns look like.
            label_set: Label set of the ids that are served.
            faults: What goes wrong.
        """
        self._streams = streams
        self._stage = stage
        self._label_set = label_set
        self._faults = faults
        self._backdrops: dict[str, Backdrop] = {}

    def backdrop(self, town: str) -> Backdrop:
        """Return what a town looks like; call it under the world's lock."""
        if town not in self._backdrops:
            scene = self._stage.scene(town)
            table = label_map(scene.label_set, self._label_set).table
            self._backdrops[town] = Backdrop(scene, table.astype(np.uint32) * np.uint32(RED))
        return self._backdrops[town]

    def check(self, world: World, camera: Actor) -> None:
        """Refuse a sensor that cannot be served.

        Raises:
            RefusedError: Says why.
        """
        if camera.blueprint.id not in CAMERA_TYPES:
            raise RefusedError(f"Spawn failed: {camera.blueprint.id} is not served")
        try:
            tick = float(camera.attributes["sensor_tick"])
            if not (math.isfinite(tick) and tick >= 0.0):
                raise ValueError(f"sensor_tick is {tick}; it must be 0 seconds or more")
            self.backdrop(world.town).scene.check(camera_view(world, camera))
        except (ConfigError, ValueError) as error:
            raise RefusedError(f"Spawn failed: {camera.blueprint.id}: {error}") from error

    def due(self, world: World) -> list[Shot]:
        """Return the images that the newest frame asks for; call it under the world's lock."""
        backdrop = self.backdrop(world.town)
        conditions = None
        if (weather := world.chosen_weather) is not None:
            conditions = carla_conditions(**dict(zip(WIRE_FIELDS, weather, strict=True)))
        shots = []
        for sensor in world.actors.values():
            if not isinstance(sensor, Sensor) or not self._streams.wanted(sensor.stream_id):
                continue
            tick = float(sensor.attributes["sensor_tick"])
            if world.seconds < sensor.due - TICK_TOLERANCE:
                continue
            # In step with the time of the first image, also when frames are farther apart.
            sensor.due += tick
            if not sensor.taken or sensor.due <= world.seconds:
                sensor.due = world.seconds + tick
            root = sensor.root
            if isinstance(root, Vehicle):
                distance = root.distance
            else:
                place = root.world_transform
                distance = world.drive.nearest(place.x, place.y)
            shots.append(
                Shot(
                    sensor,
                    sensor.taken,
                    backdrop,
                    CAMERA_TYPES[sensor.blueprint.id],
                    sensor.world_transform,
                    camera_view(world, sensor),
                    Moment(world.index, world.seconds, distance, conditions),
                )
            )
            sensor.taken += 1
        return shots

    def take(self, shots: list[Shot], instant: Instant, lossless: bool) -> None:
        """Draw and send the images of one frame; cameras with the same view share a drawing."""
        drawn: dict[tuple[CameraView, Moment], SourceFrame] = {}
        for shot in shots:
            name = shot.sensor.blueprint.id.rsplit(".", 1)[-1]
            if self._faults.drops(name, shot.index):
                continue
            key = (shot.view, shot.moment)
            if key not in drawn:
                drawn[key] = shot.backdrop.scene.render(*key)
            if delay := self._faults.delay.get(name):
                time.sleep(delay)
            self._streams.publish(
                shot.sensor.stream_id, self._message(shot, instant, drawn[key]), lossless
            )

    @staticmethod
    def _message(shot: Shot, instant: Instant, frame: SourceFrame) -> Parts:
        pixels: NDArray[Any]
        if shot.kind is SensorType.RGB_CAMERA:
            pixels = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGRA)
        else:
            pixels = shot.backdrop.red[frame.ids]
        view = shot.view
        head = image_header(shot.kind, instant, shot.place, view.width, view.height, view.fov)
        return head, pixels
