# SPDX-License-Identifier: Apache-2.0
"""Frames out of ``sensor_msgs/Image``, whoever deserialised it: unusual encodings too.

What is read as it lies is in ``frame.py``. Bayer patterns, YUV and 16 bit go through
``cv_bridge``, which knows them all and which a ROS install has; without it they are refused with
the name of its package.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import FrameError
from unet_perception.imaging.frame import (
    ENCODINGS,
    Frame,
    check_layout,
    decode_compressed,
    frame_from_buffer,
)

UNUSUAL = {
    "mono16": 2,
    **dict.fromkeys(("rgb16", "bgr16"), 6),
    **dict.fromkeys(("rgba16", "bgra16"), 8),
    **{f"bayer_{order}8": 1 for order in ("rggb", "bggr", "gbrg", "grbg")},
    **{f"bayer_{order}16": 2 for order in ("rggb", "bggr", "gbrg", "grbg")},
    **dict.fromkeys(("yuv422", "uyvy", "yuv422_yuy2", "yuyv"), 2),
}
"""Encodings of ``sensor_msgs/image_encodings`` that ``cv_bridge`` reads, and bytes of a pixel."""

GRAY = ("mono8", "mono16")
"""Encodings that can be read and have no colours."""

_OLD_NAMES = {"uyvy": "yuv422", "yuyv": "yuv422_yuy2"}
"""Two layouts were renamed; ``cv_bridge`` of Jazzy knows them by their old names alone."""

_BRIDGE = "cv_bridge"


def frame_of(message: Any) -> Frame:
    """Return the picture of an ``Image``, or of a ``CompressedImage``.

    Raises:
        FrameError: The message does not fit its own description.
    """
    if hasattr(message, "format"):
        return decode_compressed(message.data, message.format)
    return frame_from_image(message)


def frame_from_image(message: Any) -> Frame:
    """Return the picture of a message with the fields of ``sensor_msgs/Image``.

    Args:
        message: Its ``data`` has the buffer protocol.

    Returns:
        A view of the message's bytes, or a new bgr8 picture where ``cv_bridge`` made it.

    Raises:
        FrameError: The message does not fit its own description, or cannot be read here.
    """
    encoding = message.encoding
    if encoding in UNUSUAL:
        return _convert(message)
    return frame_from_buffer(
        message.data,
        width=message.width,
        height=message.height,
        encoding=encoding,
        step=message.step,
    )


def encoding_problem(encoding: str) -> str:
    """Return why pictures in an encoding cannot be read here; empty if they can."""
    if encoding in ENCODINGS:
        return ""
    if encoding not in UNUSUAL:
        return f"encoding is {encoding!r}; it must be one of {', '.join(sorted(ENCODINGS))}"
    if find_spec(_BRIDGE):
        return ""
    distribution = os.environ.get("ROS_DISTRO", "$ROS_DISTRO")
    return (
        f"encoding is {encoding!r}, which is read through cv_bridge, and that is not installed: "
        f"sudo apt install ros-{distribution}-cv-bridge; or let the camera send bgr8"
    )


@dataclass(frozen=True)
class _PlainImage:
    """What ``cv_bridge`` reads of a message: rows without padding, in this machine's byte order.

    It skews pictures whose padding is no multiple of a pixel, and swaps bytes with a method that
    NumPy 2 has no more.
    """

    height: int
    width: int
    encoding: str
    step: int
    data: NDArray[np.uint8]
    is_bigendian: bool = sys.byteorder == "big"


def _native(rows: NDArray[np.uint8], message: Any) -> NDArray[np.uint8]:
    packed: NDArray[np.uint8] = np.array(rows, order="C").reshape(-1)
    foreign = bool(message.is_bigendian) != (sys.byteorder == "big")
    if foreign and message.encoding.endswith("16"):
        packed.view(np.uint16).byteswap(inplace=True)
    return packed


def _convert(message: Any) -> Frame:
    encoding = message.encoding
    problem = encoding_problem(encoding)
    if problem:
        raise FrameError(problem)
    flat = np.frombuffer(message.data, np.uint8)
    row = message.width * UNUSUAL[encoding]
    check_layout(
        flat.size,
        width=message.width,
        height=message.height,
        encoding=encoding,
        step=message.step,
        pixel_bytes=UNUSUAL[encoding],
    )
    rows = np.ndarray((message.height, row), np.uint8, flat, strides=(message.step, 1))
    name = _OLD_NAMES.get(encoding, encoding)
    plain = _PlainImage(message.height, message.width, name, row, _native(rows, message))
    try:
        pixels = _bridge().imgmsg_to_cv2(plain, "bgr8")
    except Exception as error:
        # Of any kind: what its C++ throws, a module built for another NumPy, an old release that
        # does not know the encoding.
        raise FrameError(f"encoding is {encoding!r}; cv_bridge cannot read it: {error}") from error
    return Frame(np.asarray(pixels, np.uint8), "bgr8")


@lru_cache(maxsize=1)
def _bridge() -> Any:
    from cv_bridge import CvBridge

    return CvBridge()
