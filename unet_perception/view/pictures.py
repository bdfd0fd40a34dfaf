# SPDX-License-Identifier: Apache-2.0
"""A camera's picture on its way to a browser: as it came where a browser can read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import FrameError
from unet_perception.imaging import Frame, decode_compressed, reorder

JPEG, PNG = "image/jpeg", "image/png"

SIGNATURES = {b"\xff\xd8\xff": JPEG, b"\x89PNG": PNG}
"""How files begin; the ``format`` of a CompressedImage has many spellings."""


@dataclass(frozen=True)
class Picture:
    """One picture of a camera.

    Attributes:
        source: Its pixels, or the bytes of its JPEG or PNG file.
    """

    source: Frame | bytes

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.pixels.nbytes

    @cached_property
    def frame(self) -> Frame:
        """Its pixels.

        Raises:
            FrameError: The file is damaged.
        """
        if isinstance(self.source, Frame):
            return self.source
        return decode_compressed(self.source, media_type(self.source))

    def encoded(self, quality: int) -> tuple[bytes, str]:
        """Return a file that browsers read, and its media type.

        Args:
            quality: Of the JPEG, 1 to 100, where the picture came as pixels.

        Raises:
            FrameError: It cannot be encoded.
        """
        if isinstance(self.source, bytes):
            return self.source, media_type(self.source)
        frame = self.source
        pixels = frame.pixels
        if frame.encoding in ("rgb8", "rgba8"):
            pixels = reorder(pixels, frame.encoding, "bgr8")
        return _file(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality]), JPEG


def media_type(data: bytes) -> str:
    """Return the media type of a picture's file.

    Raises:
        FrameError: It is none that browsers read.
    """
    for signature, name in SIGNATURES.items():
        if data.startswith(signature):
            return name
    raise FrameError("the compressed picture is neither JPEG nor PNG")


def png(pixels: NDArray[np.uint8], encoding: str) -> bytes:
    """Return a PNG file of pixels ``(H, W)`` in mono8, or ``(H, W, C)``."""
    if encoding not in ("mono8", "bgr8"):
        pixels = reorder(pixels, encoding, "bgr8")
    return _file(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _file(kind: str, pixels: NDArray[np.uint8], options: list[int]) -> bytes:
    done, data = cv2.imencode(kind, pixels, options)
    if not done:
        raise FrameError(f"a picture of shape {pixels.shape} cannot be encoded as {kind}")
    return bytes(data)
