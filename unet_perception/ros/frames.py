# SPDX-License-Identifier: Apache-2.0
"""Pictures out of image messages."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import CompressedImage

from unet_perception.imaging import Frame, decode_compressed, frame_from_image


def frame_of(message: Any) -> Frame:
    """Return the picture of an ``Image``, or of a ``CompressedImage``.

    Raises:
        FrameError: The message does not fit its own description.
    """
    if isinstance(message, CompressedImage):
        return decode_compressed(message.data, message.format)
    return frame_from_image(message)
