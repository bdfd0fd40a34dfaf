# SPDX-License-Identifier: Apache-2.0
"""The watching process of soak.py: sees every frame and mask, and says what it saw.

    python benchmarks/soak_watch.py FOLDER REPORT

REPORT gets a line of JSON twice a second; times are those of the monotonic clock, which all
processes share.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from realtime_records import stop_requests
from soak_judge import KINDS, Judge
from soak_scene import Scene

from unet_perception.bringup.stacks import ROLE, camera_topic, truth_topic
from unet_perception.ros import process

DEPTH = 10
TELL_S = 0.5
CAMERA = f"{ROLE}/rgb_front"
TOPICS = {"frame": camera_topic(), "mask": "/perception/mask", "truth": truth_topic()}


class Watcher:
    """Takes messages on the executor's thread, and tells on another."""

    def __init__(self, judge: Judge) -> None:
        """Tell a judge."""
        self._judge = judge
        self._lock = threading.Lock()
        self._status: dict[str, str] = {}

    def callback(self, kind: str) -> Any:
        """Return what takes the messages of a topic."""
        from sensor_msgs.msg import Image

        from unet_perception.errors import FrameError
        from unet_perception.imaging import frame_of
        from unet_perception.ros.transport.following import RawMessage

        def take(data: bytes) -> None:
            now = time.monotonic()
            try:
                message = RawMessage(data, Image).read()
                frame = frame_of(message)
            except FrameError:
                return  # The garbage that soak.py sends itself.
            stamp = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
            with self._lock:
                if kind in KINDS:
                    self._judge.ids(kind, stamp, message.header.frame_id, frame.pixels)
                else:
                    self._judge.frame(stamp, message.header.frame_id, frame.pixels, now)

        return take

    def take_status(self, message: Any) -> None:
        """Keep what the perception node says of itself."""
        for status in message.status:
            if status.name.startswith("perception"):
                self._status = {pair.key: pair.value for pair in status.values}

    def tell(self) -> Mapping[str, Any]:
        """Return everything so far."""
        with self._lock:
            return {"at": time.monotonic(), **asdict(self._judge.tally), "node": self._status}


def main(folder: Path, report: Path) -> None:
    """Watch until SIGTERM."""
    stopping = stop_requests()
    process.tune_malloc()
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import Image

    from unet_perception.ros.spin import Watch, spinning

    watcher = Watcher(Judge(Scene.load(folder), CAMERA))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("soak_watch")
    for kind, topic in TOPICS.items():
        node.create_subscription(Image, topic, watcher.callback(kind), DEPTH, raw=True)
    node.create_subscription(DiagnosticArray, "/diagnostics", watcher.take_status, DEPTH)
    failures = Watch()
    with report.open("w") as lines, spinning([node], failures):
        while not stopping.wait(TELL_S) and failures.failure is None:
            lines.write(json.dumps(watcher.tell()) + "\n")
            lines.flush()
    node.destroy_node()
    rclpy.try_shutdown()
    if failures.failure is not None:
        raise failures.failure


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
