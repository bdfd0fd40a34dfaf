# SPDX-License-Identifier: Apache-2.0
"""The camera's process of transport.py: street pictures at a fixed rate, raw or as JPEG.

    python benchmarks/transport_camera.py MESSAGE RELIABILITY RATE RECORDS

The time of sending is noted before the picture is encoded: the reader's is that at which it has
the pixels.
"""

from __future__ import annotations

import sys
import time
from array import array
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from realtime_records import NUMBERS, SECOND, Recorder, stop_requests

from unet_perception.playback.source import Schedule

TOPIC = "/camera/image"
DEPTH = 5
RAW, JPEG = "raw", "jpeg"
QUALITY = 95
PICTURES_FILE = "pictures.npy"


def main(kind: str, reliability: str, rate: float, records: Path) -> None:
    """Publish until SIGTERM.

    Args:
        kind: ``raw`` or ``jpeg``.
        reliability: ``reliable`` or ``best_effort``.
        rate: Pictures a second.
        records: File for stamps and times of sending; the pictures lie beside its folder.
    """
    stopping = stop_requests()
    import rclpy
    from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import CompressedImage, Image

    from unet_perception.ros.transport.outputs import ImageBuffer

    pictures = np.load(records.parent.parent / PICTURES_FILE)
    buffers = []
    for picture in pictures:
        buffers.append(ImageBuffer("bgra8"))
        buffers[-1].pixels(*picture.shape[:2])[:] = picture
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("camera")
    profile = QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=DEPTH,
        reliability=ReliabilityPolicy[reliability.upper()],
    )
    publisher = node.create_publisher(Image if kind == RAW else CompressedImage, TOPIC, profile)
    recorder = Recorder(records)
    schedule = Schedule(rate, time.monotonic())
    number = 0
    while not stopping.is_set():
        time.sleep(max(0.0, schedule.next(time.monotonic()) - time.monotonic()))
        stamp = time.time_ns() // NUMBERS * NUMBERS + number % NUMBERS
        recorder.note(stamp, time.monotonic_ns())
        message: Any = buffers[number % len(buffers)].message
        if kind == JPEG:
            data = array("B", _jpeg(pictures[number % len(buffers)]))
            message = CompressedImage(format="bgra8; jpeg compressed bgr8", data=data)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, SECOND)
        publisher.publish(message)
        number += 1
    node.destroy_node()
    rclpy.try_shutdown()


def _jpeg(bgra: NDArray[np.uint8]) -> bytes:
    bgr = cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4]))
