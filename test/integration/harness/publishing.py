# SPDX-License-Identifier: Apache-2.0
"""A camera's process, which knows nothing of this package; started by the tests of transport.

    python publishing.py TOPIC TYPE RELIABILITY DURABILITY RATE [BYTES]

Each message is stamped with its number. At a rate of 0 nothing is sent.
"""

from __future__ import annotations

import signal
import sys
import time
from array import array

import rclpy
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image

DEPTH = 5


def main(topic: str, kind: str, reliability: str, durability: str, rate: float, size: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("camera_driver", namespace="/car")
    profile = QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=DEPTH,
        reliability=ReliabilityPolicy[reliability],
        durability=DurabilityPolicy[durability],
    )
    data = array("B", bytes(size))
    if kind == "Image":
        message = Image(height=1, width=size, step=size, encoding="mono8", data=data)
    else:
        message = CompressedImage(format="jpeg", data=data)
    publisher = node.create_publisher(type(message), topic, profile)
    number = 0
    while True:
        time.sleep(1 / rate if rate else 0.1)
        if rate:
            message.header.stamp.sec = number
            publisher.publish(message)
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:5], float(sys.argv[5]), int((sys.argv[6:] or ["1000"])[0]))
