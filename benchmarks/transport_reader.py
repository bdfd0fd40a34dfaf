# SPDX-License-Identifier: Apache-2.0
"""The node's side of transport.py: takes messages as the perception node does, up to the pixels.

    python benchmarks/transport_reader.py RECORDS

It follows the camera's type and QoS, and says at its end what it thinks is wrong.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from realtime_records import Recorder, stop_requests
from transport_camera import TOPIC

from unet_perception.errors import FrameError
from unet_perception.ros import process


def main(records: Path) -> None:
    """Read until SIGTERM.

    Args:
        records: File for stamps and times at which the pixels were there; with another
            suffix, what the subscription says of itself.
    """
    stopping = stop_requests()
    process.tune_malloc()
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import CompressedImage, Image

    from unet_perception.imaging import frame_of
    from unet_perception.ros.transport.following import FollowingSubscription, RawMessage

    recorder = Recorder(records)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("reader")

    def take(raw: RawMessage) -> None:
        try:
            message = raw.read()
            frame_of(message)
        except FrameError:
            # Fast DDS now and then hands out an empty sample (its issue 6500): lost.
            return
        stamp = message.header.stamp
        recorder.note(stamp.sec * 1_000_000_000 + stamp.nanosec, time.monotonic_ns())

    types = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
    subscription = FollowingSubscription(node, TOPIC, types, take)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    problem = ""
    while not stopping.is_set():
        executor.spin_once(timeout_sec=0.1)
        problem = subscription.problem or problem
    records.with_suffix(".txt").write_text(problem, encoding="utf-8")
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
