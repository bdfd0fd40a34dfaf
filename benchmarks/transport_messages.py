# SPDX-License-Identifier: Apache-2.0
"""What rclpy's (de)serialising costs a frame, beside reading and writing the bytes ourselves.

    python benchmarks/transport_messages.py [--rounds 300]

Frame in: a serialised Image to its pixels, by ``deserialize_message`` as the node does, or as a
view of the bytes. Mask out: an Image published as a message, or as bytes that were serialised
once and whose stamp and pixels are written over. All in turn, in CPU time of one thread; an engine
takes about 15 ms a frame.
"""

from __future__ import annotations

import argparse
import os
import struct
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from realtime_records import STAMP_AT

from unet_perception.ros import process
from unet_perception.ros.transport import profile

FRAME_MS = 15.0
"""From stamp to mask in bf16, of which the rest is a share."""

UINT = struct.Struct("<I")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    profile.use_shipped_profile()
    process.tune_malloc()
    ways = _ways()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            before = time.thread_time()
            way()
            times[name].append(time.thread_time() - before)
    for name, taken in times.items():
        p50, p95 = np.percentile(taken, (50, 95)) * 1e3
        share = p50 / FRAME_MS
        print(f"{name:34} p50 {p50:6.3f} ms   p95 {p95:6.3f} ms   {share:5.1%} of a frame")


def _ways() -> dict[str, Callable[[], object]]:
    import rclpy
    from rclpy.serialization import serialize_message
    from sensor_msgs.msg import Image

    from unet_perception.imaging import frame_of
    from unet_perception.ros.transport.following import RawMessage
    from unet_perception.ros.transport.outputs import ImageBuffer, reliable

    frame = ImageBuffer("bgra8")
    frame.pixels(600, 800)[:] = np.random.default_rng(0).integers(0, 256, (600, 800, 4))
    frame.message.header.frame_id = "camera"
    sent = serialize_message(frame.message)
    deserialized = frame_of(RawMessage(sent, Image).read()).pixels
    if not np.array_equal(view(sent), deserialized):
        raise RuntimeError("the view differs from the message")
    mask = ImageBuffer("mono8")
    pixels = mask.pixels(600, 800)
    prepared = bytearray(serialize_message(mask.message))
    rclpy.init()
    publisher = rclpy.create_node("messages").create_publisher(Image, "mask", reliable(3))

    def publish_bytes() -> None:
        prepared[STAMP_AT : STAMP_AT + 8] = sent[STAMP_AT : STAMP_AT + 8]
        prepared[-pixels.size :] = pixels.tobytes()
        publisher.publish(bytes(prepared))

    return {
        "frame in: deserialize_message": lambda: frame_of(RawMessage(sent, Image).read()),
        "frame in: view of the bytes": lambda: view(sent),
        "mask out: publish the message": lambda: publisher.publish(mask.message),
        "mask out: publish prepared bytes": publish_bytes,
    }


def view(data: bytes) -> NDArray[np.uint8]:
    """Return the pixels ``(H, W, 4)`` of a serialised bgra8 Image without copying them.

    The layout is plain CDR, little-endian, with everything aligned behind the four bytes that tell
    the encoding: stamp, frame_id, height, width, encoding, is_bigendian, step, data.
    """
    at = _aligned(_behind_string(data, STAMP_AT + 8))
    height, width = struct.unpack_from("<II", data, at)
    at = _aligned(_behind_string(data, at + 8) + 1)
    step, size = struct.unpack_from("<II", data, at)
    rows = np.frombuffer(data, np.uint8, size, at + 8).reshape(height, step)
    return rows[:, : width * 4].reshape(height, width, 4)


def _behind_string(data: bytes, at: int) -> int:
    (length,) = UINT.unpack_from(data, at)
    return at + UINT.size + int(length)


def _aligned(at: int) -> int:
    # To four bytes, behind the four of the encoding: the same as from the beginning.
    return (at + 3) // 4 * 4


if __name__ == "__main__":
    main()
