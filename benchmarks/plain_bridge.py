# SPDX-License-Identifier: Apache-2.0
"""A bridge as bridges are usually written, to compare ours with; started by bridge.py.

Each image is converted with numpy and its bytes are assigned to the message, as the official
bridge does by way of cv_bridge; publishing is reliable with a depth of 10.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from typing import Any

import carla
import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

TOPIC = "/carla/ego_vehicle/rgb_front/image"


def main(port: int, rate: float) -> None:
    """Tick a synchronous world with one camera until SIGTERM."""
    stop = threading.Event()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    node = rclpy.create_node("plain_bridge")
    publisher = node.create_publisher(Image, TOPIC, 10)
    client = carla.Client("127.0.0.1", port, 8)
    client.set_timeout(10.0)
    world = client.get_world()
    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 1.0 / rate
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    ego = world.spawn_actor(library.find("vehicle.tesla.model3"), _spawn_point(world))
    place = carla.Transform(carla.Location(x=2.0, z=2.0))
    camera = world.spawn_actor(library.find("sensor.camera.rgb"), place, attach_to=ego)
    images: queue.Queue[Any] = queue.Queue()

    def publish(image: Any) -> None:
        pixels = np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)
        message = Image(height=image.height, width=image.width, encoding="bgra8")
        message.step = image.width * 4
        seconds, nanoseconds = divmod(round(image.timestamp * 1e9), 1_000_000_000)
        message.header.stamp = Time(sec=seconds, nanosec=nanoseconds)
        message.data = np.ascontiguousarray(pixels).tobytes()
        publisher.publish(message)
        images.put(image.frame)

    camera.listen(publish)
    due = time.monotonic()
    while not stop.is_set():
        world.tick()
        images.get(timeout=10.0)
        due += 1.0 / rate
        time.sleep(max(0.0, due - time.monotonic()))
    camera.stop()
    time.sleep(0.3)
    camera.destroy()
    ego.destroy()
    world.tick()
    world.apply_settings(original)
    os._exit(0)


def _spawn_point(world: Any) -> Any:
    return world.get_map().get_spawn_points()[0]


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
