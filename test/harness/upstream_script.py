# SPDX-License-Identifier: Apache-2.0
"""What scripts for CARLA do: spawn, attach, listen, tick."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import Any

import carla
import numpy as np

WAIT_S = 30.0


@dataclass(frozen=True)
class Seen:
    """One image: its frame, its simulated second, and the red byte of its last pixel."""

    frame: int
    stamp: float
    red: int


def drive(client: Any, ticks: int) -> list[tuple[int, Seen, Seen]]:
    """Tick a synchronous world with a colour and a semantic camera on one vehicle.

    Returns:
        Frame of the tick, colour image and semantic image, for each tick.
    """
    world = client.get_world()
    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    ego = world.spawn_actor(library.filter("vehicle.*")[0], world.get_map().get_spawn_points()[0])
    ego.set_autopilot(True)
    cameras, queues = [], []
    for kind in ("rgb", "semantic_segmentation"):
        place = carla.Transform(carla.Location(x=2.0, z=2.0))
        camera = world.spawn_actor(library.find(f"sensor.camera.{kind}"), place, attach_to=ego)
        images: queue.Queue[Seen] = queue.Queue()
        camera.listen(
            lambda image, images=images: images.put(
                Seen(image.frame, image.timestamp, image.raw_data[-2])
            )
        )
        cameras.append(camera)
        queues.append(images)
    result = []
    for _ in range(ticks):
        frame = world.tick()
        rgb, ids = (images.get(timeout=WAIT_S) for images in queues)
        result.append((frame, rgb, ids))
    assert [images.qsize() for images in queues] == [0, 0]
    for camera in cameras:
        camera.stop()
        camera.destroy()
    ego.destroy()
    world.tick()
    world.apply_settings(original)
    return result


class Listener:
    """Images of one camera: frame, simulated second, size and one pixel."""

    def __init__(self, camera: Any) -> None:
        self._images: queue.Queue[Any] = queue.Queue()
        self.camera = camera  # Its stream ends with it.
        camera.listen(self._take)

    def _take(self, image: Any) -> None:
        pixels = np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)
        self._images.put(
            (image.frame, image.timestamp, pixels[-1, -1].tolist(), image.fov, pixels.copy())
        )

    def next(self) -> Any:
        return self._images.get(timeout=WAIT_S)

    def rest(self) -> int:
        return self._images.qsize()


def synchronous(world: Any, delta: float = 0.05) -> None:
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = delta
    world.apply_settings(settings)


def spawn_ego(world: Any, point: int = 0, role: str = "ego_vehicle") -> Any:
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    blueprint.set_attribute("role_name", role)
    return world.spawn_actor(blueprint, world.get_map().get_spawn_points()[point])


def spawn_camera(world: Any, kind: str, ego: Any, **attributes: object) -> Any:
    blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
    for name, value in attributes.items():
        blueprint.set_attribute(name, str(value))
    place = carla.Transform(carla.Location(x=2.0, z=2.0))
    return world.spawn_actor(blueprint, place, attach_to=ego)
