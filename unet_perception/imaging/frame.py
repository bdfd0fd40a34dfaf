# SPDX-License-Identifier: Apache-2.0
"""A camera frame as an array view, made from a message's bytes without a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import FrameError
from unet_perception.imaging.coded_size import MAX_SIDE, check_coded_size

ENCODINGS = {"bgra8": 4, "rgba8": 4, "bgr8": 3, "rgb8": 3, "mono8": 1}
"""Encodings of ``sensor_msgs/image_encodings`` that are read, and their channels."""


@dataclass(frozen=True)
class Frame:
    """One camera picture.

    Attributes:
        pixels: uint8 view, ``(H, W, C)``, or ``(H, W)`` for mono8; rows may be padded.
        encoding: One of ``ENCODINGS``.
    """

    pixels: NDArray[np.uint8]
    encoding: str

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])


def frame_from_buffer(data: Any, *, width: int, height: int, encoding: str, step: int) -> Frame:
    """View a message's bytes as a frame, without a copy.

    Args:
        data: Bytes of the picture: anything with the buffer protocol.
        width: Columns.
        height: Rows.
        encoding: One of ``ENCODINGS``.
        step: Bytes from one row to the next, padding included.

    Raises:
        FrameError: The encoding is not read here, or size, step and data length do not
            fit each other; the message names the values.
    """
    channels = ENCODINGS.get(encoding)
    if channels is None:
        raise FrameError(
            f"encoding is {encoding!r}; it must be one of {', '.join(sorted(ENCODINGS))}"
        )
    flat = np.frombuffer(data, np.uint8)
    check_layout(
        flat.size, width=width, height=height, encoding=encoding, step=step, pixel_bytes=channels
    )
    shape = (height, width) if channels == 1 else (height, width, channels)
    strides = (step, 1) if channels == 1 else (step, channels, 1)
    pixels: NDArray[np.uint8] = np.ndarray(shape, np.uint8, flat, strides=strides)
    pixels.flags.writeable = False
    return Frame(pixels, encoding)


def check_layout(
    size: int, *, width: int, height: int, encoding: str, step: int, pixel_bytes: int
) -> None:
    """Refuse a picture whose size, step and data do not fit each other.

    Args:
        size: Bytes that the message has.
        width: Columns.
        height: Rows.
        encoding: Named in messages only.
        step: Bytes from one row to the next, padding included.
        pixel_bytes: Bytes of a pixel in this encoding.

    Raises:
        FrameError: They do not fit; the message names the values.
    """
    for key, value in (("width", width), ("height", height)):
        if not 1 <= value <= MAX_SIDE:
            raise FrameError(f"{key} is {value}; it must be 1 to {MAX_SIDE}")
    if step < width * pixel_bytes:
        raise FrameError(
            f"step is {step} bytes; {width} pixels of {encoding} need {width * pixel_bytes}"
        )
    # The padding of the last row may be missing: some drivers send none.
    if not step * (height - 1) + width * pixel_bytes <= size <= step * height:
        raise FrameError(
            f"data is {size} bytes; {width}x{height} {encoding} with step {step} "
            f"has {step * height}"
        )


def decode_compressed(data: Any, format_: str) -> Frame:
    """Decode the bytes of a ``sensor_msgs/CompressedImage`` to a bgr8 frame.

    Args:
        data: A JPEG or PNG file: anything with the buffer protocol.
        format_: The message's format, such as ``jpeg`` or ``bgra8; jpeg compressed bgr8``;
            named in messages only, since the bytes tell what they are.

    Raises:
        FrameError: The bytes are no picture, or one that ``coded_size`` does not believe.
    """
    what = f"compressed image (format {format_!r}, {len(data)} bytes)"
    if not len(data):
        raise FrameError(f"{what} has no data")
    try:
        check_coded_size(bytes(data))
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except ValueError as error:
        raise FrameError(f"{what} {error}") from error
    except cv2.error as error:
        raise FrameError(f"{what}: {error.err}") from error
    if pixels is None:
        raise FrameError(f"{what} cannot be decoded; it must be a whole JPEG or PNG file")
    return Frame(np.asarray(pixels, np.uint8), "bgr8")
