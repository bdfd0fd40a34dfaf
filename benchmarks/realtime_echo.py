# SPDX-License-Identifier: Apache-2.0
"""The floor's node, started by realtime.py: bytes in, the bytes of an empty mask out.

    python benchmarks/realtime_echo.py WIDTH HEIGHT INPUT MASK [RECORDS MODEL ENGINE PRECISION]

Nothing is read but the stamp, and nothing is made: what is left is moving a frame here and a mask
away. With an engine, the network runs in between on a picture that never changes, and its times
are noted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from realtime_records import STAMP, STAMP_AT, Recorder, spin_until, stamp_of, stop_requests

from unet_perception.ros import process


def main(width: int, height: int, topics: tuple[str, str], network: list[str]) -> None:
    """Answer until SIGTERM.

    Args:
        width: Columns of the mask.
        height: Rows of the mask.
        topics: Of the camera and of the mask.
        network: File for the engine's times, model, engine and precision; or nothing.
    """
    stopping = stop_requests()
    process.tune_malloc()
    import rclpy
    from rclpy.serialization import serialize_message
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import Image

    from unet_perception.ros.transport.outputs import ImageBuffer, reliable

    buffer = ImageBuffer("mono8")
    buffer.pixels(height, width)
    answer = bytearray(serialize_message(buffer.message))
    infer = _engine(*network) if network else None
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("realtime_echo")
    publisher = node.create_publisher(Image, topics[1], reliable(1))

    def echo(data: bytes) -> None:
        if infer is not None:
            infer(stamp_of(data))
        answer[STAMP_AT : STAMP_AT + STAMP.size] = data[STAMP_AT : STAMP_AT + STAMP.size]
        publisher.publish(bytes(answer))

    node.create_subscription(Image, topics[0], echo, reliable(1), raw=True)
    spin_until(stopping, node)


def _engine(records: str, model: str, name: str, precision: str) -> Callable[[int], None]:
    from unet_perception.engines import open_engine
    from unet_perception.model.bundle import load_bundle
    from unet_perception.segmenter import find_model

    engine = open_engine(load_bundle(find_model(model)), name, precision)
    engine.input[:] = np.random.default_rng(0).integers(0, 256, engine.input.shape, np.uint8)
    recorder = Recorder(Path(records))
    # For the report's heading: what the settings came to.
    Path(records).with_suffix(".txt").write_text(
        f"{engine.info.name} {engine.info.version} {engine.info.precision}, {engine.info.device}",
        encoding="utf-8",
    )

    def infer(stamp: int) -> None:
        before = time.perf_counter_ns()
        engine.infer()
        recorder.note(stamp, time.perf_counter_ns() - before)

    return infer


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), (sys.argv[3], sys.argv[4]), sys.argv[5:])
