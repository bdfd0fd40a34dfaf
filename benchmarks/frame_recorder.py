# SPDX-License-Identifier: Apache-2.0
"""When a frame was made in CARLA's server, and when the message with its stamp arrived here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Measured:
    """What one variant did.

    Attributes:
        latencies: Milliseconds from the frame's state to the message's arrival.
        cpu: CPU milliseconds of its processes a frame, by round.
        sent: Frames that the server made.
    """

    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    sent: int = 0


class Recorder:
    """Wall times of frames in the server and of their messages here."""

    def __init__(self, result: Measured) -> None:
        """Record nothing before ``begin``."""
        self._result = result
        self._lock = threading.Lock()
        self._made: dict[int, float] = {}
        self._arrived: dict[int, float] = {}
        self._recording = False

    def watch(self, port: int) -> None:
        """Follow the server's frames with a client that only listens."""
        import carla

        deadline = time.monotonic() + 20.0
        while True:
            try:
                client = carla.Client("127.0.0.1", port, 2)
                client.set_timeout(2.0)
                world = client.get_world()
                break
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
        world.on_tick(self._made_frame)
        # Freed while the server goes away, the client would abort this process.
        _KEPT.append((client, world))

    def _made_frame(self, snapshot: Any) -> None:
        stamp = snapshot.timestamp
        with self._lock:
            if self._recording:
                self._made[round(stamp.elapsed_seconds * 1e9)] = stamp.platform_timestamp

    def arrived(self, data: bytes) -> None:
        """Take a serialised Image, whose stamp follows the four bytes of its encoding."""
        now = time.time()
        seconds, nanoseconds = np.frombuffer(data, np.uint32, 2, 4).tolist()
        with self._lock:
            self._arrived[seconds * 1_000_000_000 + nanoseconds] = now

    def begin(self) -> None:
        """Record from now on."""
        with self._lock:
            self._recording = True

    def end(self) -> int:
        """Stop recording; return the number of frames that were made."""
        with self._lock:
            self._recording = False
            made, arrived = dict(self._made), dict(self._arrived)
        self._result.sent += len(made)
        self._result.latencies += [
            (arrived[stamp] - then) * 1e3 for stamp, then in made.items() if stamp in arrived
        ]
        return len(made)


_KEPT: list[Any] = []


@contextmanager
def listening(topic: str, result: Measured) -> Iterator[Recorder]:
    """Receive a topic's pictures, raw, and record them into the result."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import Image

    from unet_perception.ros.spin import Watch, spinning
    from unet_perception.ros.transport.outputs import reliable

    recorder = Recorder(result)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("recorder")
    node.create_subscription(Image, topic, recorder.arrived, reliable(5), raw=True)
    try:
        with spinning([node], Watch()):
            yield recorder
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
