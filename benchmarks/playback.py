# SPDX-License-Identifier: Apache-2.0
"""Synchronous ticks a second that CARLA's client gets from the playback server.

Every tick waits for the images of all cameras, which must have the tick's frame.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import carla
import numpy as np
from playback_world import playback, running, write_pictures

from unet_perception.demo.stack import free_port

WIDTH, HEIGHT = 800, 600
START_S = 20.0
KEPT: list[Any] = []
"""Clients are not freed: they may abort the process while their server goes away."""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cases = {
        "no camera": ((), True),
        "colour and semantic camera, a folder": (("rgb", "semantic_segmentation"), True),
        "colour and semantic camera, the street": (("rgb", "semantic_segmentation"), False),
    }
    rates: dict[str, list[float]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder)
        write_pictures(pictures)
        for _ in range(options.rounds):
            for name, (cameras, recorded) in cases.items():
                port = free_port()
                with running(playback(port, pictures if recorded else None), os.environ):
                    ticks = options.ticks if recorded else options.ticks // 5
                    rates[name].append(_ticks_a_second(port, cameras, ticks))
    print(f"{WIDTH}x{HEIGHT}; synchronous ticks a second, median of {options.rounds} rounds")
    for name, values in rates.items():
        print(f"{name:40} {np.median(values):8.0f}")


def _ticks_a_second(port: int, kinds: tuple[str, ...], ticks: int) -> float:
    client = _connect(port)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    spawn_point = world.get_map().get_spawn_points()[0]
    ego = world.spawn_actor(library.find("vehicle.tesla.model3"), spawn_point)
    ego.set_autopilot(True)
    frames: list[queue.Queue[int]] = []
    cameras = []
    for kind in kinds:
        blueprint = library.find(f"sensor.camera.{kind}")
        blueprint.set_attribute("image_size_x", str(WIDTH))
        blueprint.set_attribute("image_size_y", str(HEIGHT))
        place = carla.Transform(carla.Location(x=2.0, z=2.0))
        camera = world.spawn_actor(blueprint, place, attach_to=ego)
        taken: queue.Queue[int] = queue.Queue()
        camera.listen(lambda image, taken=taken: taken.put(image.frame))
        cameras.append(camera)
        frames.append(taken)
    KEPT.append((client, world, ego, cameras))
    for _ in range(20):
        _tick(world, frames)
    start = time.monotonic()
    for _ in range(ticks):
        _tick(world, frames)
    rate = ticks / (time.monotonic() - start)
    for camera in cameras:
        camera.stop()
    # Else this process would look for it at the next server, too.
    client.get_trafficmanager().shut_down()
    return rate


def _tick(world: Any, frames: list[queue.Queue[int]]) -> None:
    frame = world.tick()
    for taken in frames:
        got = taken.get(timeout=10.0)
        if got != frame:
            raise RuntimeError(f"frame {got} came for tick {frame}")


def _connect(port: int) -> Any:
    deadline = time.monotonic() + START_S
    while True:
        client = carla.Client("127.0.0.1", port, 4)
        client.set_timeout(1.0)
        try:
            client.get_server_version()
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            continue
        client.set_timeout(10.0)
        return client


if __name__ == "__main__":
    main()
    # The client's threads must not meet a Python that is being torn down.
    sys.stdout.flush()
    os._exit(0)
