# SPDX-License-Identifier: Apache-2.0
"""Pictures out of image messages."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from unet_perception.imaging import Frame, decode_compressed, frame_from_image

RAW_TYPES = {"sensor_msgs/msg/Image": Image}
PICTURE_TYPES = {**RAW_TYPES, "sensor_msgs/msg/CompressedImage": CompressedImage}
"""Messages that have a picture, by name; the one that is preferred is first."""


def stamp_of(message: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    stamp = message.header.stamp
    return int(stamp.sec * 1_000_000_000 + stamp.nanosec)


def frame_of(message: Any) -> Frame:
    """Return the picture of an ``Image``, or of a ``CompressedImage``.

    Raises:
        FrameError: The message does not fit its own description.
    """
    if isinstance(message, CompressedImage):
        return decode_compressed(message.data, message.format)
    return frame_from_image(message)
