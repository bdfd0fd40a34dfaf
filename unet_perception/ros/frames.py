# SPDX-License-Identifier: Apache-2.0
"""Messages that carry pictures: their types by name, and their stamps."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import CompressedImage, Image

RAW_TYPES = {"sensor_msgs/msg/Image": Image}
PICTURE_TYPES = {**RAW_TYPES, "sensor_msgs/msg/CompressedImage": CompressedImage}
"""Messages that have a picture, by name; the one that is preferred is first."""


def stamp_of(message: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    stamp = message.header.stamp
    return int(stamp.sec * 1_000_000_000 + stamp.nanosec)
