# SPDX-License-Identifier: Apache-2.0
"""Sends what no camera would, to the camera's topic, for some seconds.

python benchmarks/soak_garbage.py TOPIC SEED SECONDS
"""

from __future__ import annotations

import random
import sys
import time
from array import array
from typing import Any

from unet_perception.ros.transport import profile

RATE_HZ = 20.0
DISCOVERY_S = 60.0
FRAME_ID = "garbage"


def damaged(chance: random.Random) -> Any:
    """Return an Image that contradicts itself, or bytes that are no message at all."""
    from rclpy.serialization import serialize_message
    from sensor_msgs.msg import Image

    if chance.random() < 0.3:
        return chance.randbytes(chance.randrange(0, 400))
    message = Image(height=60, width=80, step=240, encoding="rgb8", data=array("B", bytes(14400)))
    message.header.frame_id = FRAME_ID
    field, values = chance.choice(
        (
            ("height", (0, 61, 2**32 - 1)),
            ("width", (0, 81, 2**32 - 1)),
            ("step", (0, 239, 2**32 - 1)),
            ("encoding", ("", "bayer_rggb8", "32FC1")),
            ("data", (array("B"), array("B", bytes(14399)))),
        )
    )
    setattr(message, field, chance.choice(values))
    data: bytes = serialize_message(message)
    return data[: chance.randrange(len(data))] if chance.random() < 0.3 else data


def main(topic: str, seed: int, seconds: float) -> None:
    """Publish for so long, once the perception node listens."""
    profile.use_shipped_profile()
    import rclpy
    from sensor_msgs.msg import Image

    chance = random.Random(seed)
    rclpy.init()
    node = rclpy.create_node("soak_garbage")
    publisher = node.create_publisher(Image, topic, 2)
    found_by = time.monotonic() + DISCOVERY_S
    while not any(
        reader.node_name == "perception" for reader in node.get_subscriptions_info_by_topic(topic)
    ):
        if time.monotonic() > found_by:
            raise SystemExit(f"no perception node on {topic} within {DISCOVERY_S:g} s")
        time.sleep(0.1)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        publisher.publish(damaged(chance))
        time.sleep(1 / RATE_HZ)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
