# SPDX-License-Identifier: Apache-2.0
"""The subscriber's process of realtime.py: notes the stamp and the arrival of every picture.

    python benchmarks/realtime_viewer.py TOPIC=RECORDS...

Messages are taken as they come over the wire: what a subscriber does with them is its own affair.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from realtime_records import Recorder, spin_until, stamp_of, stop_requests

from unet_perception.ros import process

DEPTH = 10


def main(topics: list[str]) -> None:
    """Listen until SIGTERM.

    Args:
        topics: Topics, each with the file in which stamps and times of arrival are noted.
    """
    stopping = stop_requests()
    process.tune_malloc()
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("realtime_viewer")
    for pair in topics:
        topic, _, records = pair.partition("=")
        _listen(node, topic, Recorder(Path(records)))
    spin_until(stopping, node)


def _listen(node: Any, topic: str, recorder: Recorder) -> None:
    from sensor_msgs.msg import Image

    def arrived(data: bytes) -> None:
        now = time.monotonic_ns()
        recorder.note(stamp_of(data), now)

    node.create_subscription(Image, topic, arrived, DEPTH, raw=True)


if __name__ == "__main__":
    main(sys.argv[1:])
