# SPDX-License-Identifier: Apache-2.0
"""A recorder as CARLA's synchronous example suggests it, to compare ours with; see record.py.

A queue for each sensor, one tick after the other, and cv2.imwrite with its defaults; nothing is
synced, summed or noted.
"""

from __future__ import annotations

import os
import queue
import sys
from pathlib import Path
from typing import Any

import carla
import cv2
import numpy as np


def main(root: Path, port: int, pairs: int) -> None:
    """Record so many pairs."""
    client = carla.Client("127.0.0.1", port, 4)
    client.set_timeout(10.0)
    world = client.get_world()
    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    point = world.get_map().get_spawn_points()[0]
    ego = world.spawn_actor(library.find("vehicle.tesla.model3"), point)
    ego.set_autopilot(True)
    cameras, queues = [], []
    for kind, folder in (("rgb", "CameraRGB"), ("semantic_segmentation", "CameraMask")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        place = carla.Transform(carla.Location(x=2.0, z=2.0))
        camera = world.spawn_actor(library.find(f"sensor.camera.{kind}"), place, attach_to=ego)
        images: queue.Queue[Any] = queue.Queue()

        def write(image: Any, folder: str = folder, images: Any = images) -> None:
            pixels = np.frombuffer(image.raw_data, np.uint8)
            bgr = pixels.reshape(image.height, image.width, 4)[..., :3]
            cv2.imwrite(str(root / folder / f"{image.frame:06d}.png"), bgr)
            images.put(image.frame)

        camera.listen(write)
        cameras.append(camera)
        queues.append(images)
    for _ in range(pairs):
        frame = world.tick()
        for images in queues:
            while images.get(timeout=10.0) != frame:
                pass
    for camera in cameras:
        camera.stop()
        camera.destroy()
    ego.destroy()
    world.tick()
    world.apply_settings(original)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
