# SPDX-License-Identifier: Apache-2.0
"""The camera's process of realtime.py: pictures at a fixed rate, stamped as they are sent.

    python benchmarks/realtime_camera.py PICTURES RATE TOPIC=RECORDS...

Several topics are sent one after the other, as a bridge does that serves all cameras of a tick.
Publishing is reliable with a depth of 10, rclpy's default. It is the same for every node that is
measured: only the transport's profile, in the environment, differs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from realtime_records import NUMBERS, SECOND, Recorder, stop_requests

from unet_perception.playback.source import Schedule
from unet_perception.ros import process

DEPTH = 10


def main(pictures: Path, rate: float, topics: list[str]) -> None:
    """Publish until SIGTERM.

    Args:
        pictures: File of a bgra8 array, uint8 ``(n, H, W, 4)``.
        rate: Frames a second.
        topics: Topics, each with the file in which stamps and times of sending are noted.
    """
    stopping = stop_requests()
    process.tune_malloc()
    import rclpy
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import Image

    from unet_perception.ros.transport.outputs import ImageBuffer

    buffers = []
    for picture in np.load(pictures):
        buffers.append(ImageBuffer("bgra8"))
        buffers[-1].pixels(*picture.shape[:2])[:] = picture
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("realtime_camera")
    outputs = []
    for pair in topics:
        topic, _, records = pair.partition("=")
        outputs.append((node.create_publisher(Image, topic, DEPTH), Recorder(Path(records))))
    schedule = Schedule(rate, time.monotonic())
    number = 0
    while not stopping.is_set():
        time.sleep(max(0.0, schedule.next(time.monotonic()) - time.monotonic()))
        for place, (publisher, recorder) in enumerate(outputs):
            message = buffers[(number + place) % len(buffers)].message
            sent = time.monotonic_ns()
            stamp = time.time_ns() // NUMBERS * NUMBERS + number % NUMBERS
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, SECOND)
            # Before it leaves: whoever sees its mask finds it here.
            recorder.note(stamp, sent)
            publisher.publish(message)
        number += 1
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
