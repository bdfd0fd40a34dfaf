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

from unet_perception.imaging.colour_order import reorder, to_rgb
from unet_perception.imaging.frame import Frame


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
    """Return the frame as networks are trained on it: RGB uint8 ``(h, w, 3)``, C-contiguous."""
    small = resize_nearest(frame.pixels, size)
    return np.ascontiguousarray(to_rgb(small, frame.encoding))


class InputWriter:
    """Writes frames into an engine's input, nothing else: no copy of a frame, no allocation."""

    def __init__(self, target: NDArray[np.uint8], encoding: str) -> None:
        """Keep where to write.

        Args:
            target: The engine's input, uint8 ``(h, w, C)``, C-contiguous.
            encoding: Its order of colours.
        """
        self._target = target
        self._size = (int(target.shape[0]), int(target.shape[1]))
        self._encoding = encoding
        self._small: dict[str, NDArray[np.uint8]] = {}

    def write(self, frame: Frame) -> None:
        """Show the frame to the engine, scaled straight from the camera's own memory.

        Only a frame in another order of colours than the engine's takes a second step, at the
        network's size.
        """
        if frame.encoding == self._encoding:
            resize_nearest(frame.pixels, self._size, self._target)
            return
        small = self._small.get(frame.encoding)
        if small is None:
            small = np.empty((*self._size, *frame.pixels.shape[2:]), np.uint8)
            self._small[frame.encoding] = small
        resize_nearest(frame.pixels, self._size, small)
        reorder(small, frame.encoding, self._encoding, self._target)


class Upscaler:
    """``resize_nearest`` for a stream of pictures that are enlarged: a third of its time.

    Columns are spread first, in the small picture's few rows; then whole rows are copied. The
    table of rows is OpenCV's own, so each pixel is the one that ``resize_nearest`` takes.
    """

    def __init__(self) -> None:
        """Begin with no tables; they are made for the first picture and kept."""
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._wide: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def enlarge(
        self,
        pixels: NDArray[np.uint8],
        size: tuple[int, int],
        out: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.uint8]:
        """Resize; arguments and result are those of ``resize_nearest``."""
        height, width = size
        wide_shape = (pixels.shape[0], width, *pixels.shape[2:])
        if self._wide.shape != wide_shape or len(self._rows) != height:
            self._wide = np.empty(wide_shape, np.uint8)
            rows = np.arange(pixels.shape[0], dtype=np.uint16)[:, None]
            table = cv2.resize(rows, (1, height), interpolation=cv2.INTER_NEAREST_EXACT)
            self._rows = table.reshape(-1).astype(np.intp)
        if out is None:
            out = np.empty((height, width, *pixels.shape[2:]), np.uint8)
        resize_nearest(pixels, (pixels.shape[0], width), self._wide)
        # With "raise", the default, numpy would write into a copy of its own first.
        np.take(self._wide, self._rows, axis=0, out=out, mode="clip")
        return out
