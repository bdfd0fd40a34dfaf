# SPDX-License-Identifier: Apache-2.0
"""A camera frame as an array view, made from a message's bytes without a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import FrameError

ENCODINGS = {"bgra8": 4, "rgba8": 4, "bgr8": 3, "rgb8": 3, "mono8": 1}
"""Encodings of ``sensor_msgs/image_encodings`` that are read, and their channels."""

MAX_SIDE = 16384
"""Longest side that is believed; a bigger one is a damaged message."""


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
        FrameError: The bytes are no picture, or one larger than ``MAX_SIDE``.
    """
    flat = np.frombuffer(data, np.uint8)
    if flat.size == 0:
        raise FrameError(f"compressed image (format {format_!r}) has no data")
    height, width = _coded_size(flat, format_)
    if max(height, width) > MAX_SIDE or min(height, width) < 1:
        raise FrameError(
            f"compressed image (format {format_!r}) says it is {width}x{height}; "
            f"sides must be 1 to {MAX_SIDE}"
        )
    try:
        pixels = cv2.imdecode(flat, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise FrameError(f"compressed image (format {format_!r}): {error.err}") from error
    if pixels is None:
        raise FrameError(
            f"compressed image (format {format_!r}, {flat.size} bytes) cannot be decoded; "
            "it must be a whole JPEG or PNG file"
        )
    return Frame(np.asarray(pixels, np.uint8), "bgr8")


def _coded_size(flat: NDArray[np.uint8], format_: str) -> tuple[int, int]:
    # Read before decoding: a few bytes of header can ask for gigabytes of pixels.
    head = flat[:33].tobytes()
    if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) == 33:
        return int.from_bytes(head[20:24], "big"), int.from_bytes(head[16:20], "big")
    if head[:2] == b"\xff\xd8":
        return _jpeg_size(flat, format_)
    raise FrameError(
        f"compressed image (format {format_!r}, {flat.size} bytes) is neither JPEG nor PNG"
    )


def _jpeg_size(flat: NDArray[np.uint8], format_: str) -> tuple[int, int]:
    # ITU T.81, B.1 and B.2.2: segments up to the frame header (SOF), which has the size.
    at = 2
    while at + 9 <= flat.size and flat[at] == 0xFF:
        marker = int(flat[at + 1])
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = (int(flat[i]) << 8 | int(flat[i + 1]) for i in (at + 5, at + 7))
            return height, width
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + (int(flat[at + 2]) << 8 | int(flat[at + 3]))
    raise FrameError(f"compressed image (format {format_!r}) is a JPEG file without a size")
