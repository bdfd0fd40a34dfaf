# SPDX-License-Identifier: Apache-2.0
"""Nearest-neighbour resizing at pixel centres, down to the network and back up.

Row ``y`` of ``h`` output rows shows input row ``floor((y + 0.5) * H / h)`` (a centre exactly
between two rows may take either): what TensorFlow 2's nearest resize does, so pictures and
masks are sampled as the seed's recipe samples them, and a mask scaled back up has no shift
against the camera.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging.frame import Frame

_TO_RGB = {
    "bgra8": cv2.COLOR_BGRA2RGB,
    "rgba8": cv2.COLOR_RGBA2RGB,
    "bgr8": cv2.COLOR_BGR2RGB,
    "mono8": cv2.COLOR_GRAY2RGB,
}


def to_rgb(pixels: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Return ``(H, W, 3)`` RGB; the array itself where it is RGB already."""
    if encoding == "rgb8":
        return pixels
    return np.asarray(cv2.cvtColor(pixels, _TO_RGB[encoding]), np.uint8)


def resize_nearest(
    pixels: NDArray[np.uint8], size: tuple[int, int], out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Resize ``(H, W)`` or ``(H, W, C)`` uint8 to ``size`` (rows, columns).

    Args:
        pixels: The picture; rows may be padded.
        size: Rows and columns of the result.
        out: Array to write into, of the result's shape, C-contiguous.

    Returns:
        ``out``, or a new array.
    """
    height, width = size
    result = cv2.resize(pixels, (width, height), dst=out, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(result, np.uint8)


def network_input(frame: Frame, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the frame as the network takes it: RGB uint8 ``(h, w, 3)``, C-contiguous."""
    small = resize_nearest(frame.pixels, size)
    return np.ascontiguousarray(to_rgb(small, frame.encoding))


def upscale_ids(
    ids: NDArray[np.uint8], size: tuple[int, int], out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return class ids ``(h, w)`` at the camera's ``size`` (rows, columns), none invented."""
    return resize_nearest(ids, size, out)
