# SPDX-License-Identifier: Apache-2.0
"""Class ids as colours, alone or over the camera's picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging.colour_order import reorder
from unet_perception.imaging.frame import Frame
from unet_perception.imaging.resize import Upscaler, resize_nearest


def colorize(
    ids: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    size: tuple[int, int] | None = None,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Colour class ids.

    Args:
        ids: ``(h, w)`` uint8.
        palette: ``(256, 3)`` uint8 RGB.
        size: Rows and columns of the result, the same as ``ids`` by default. Colouring
            at the network's size and scaling up is far cheaper than the other way round.
        out: ``(H, W, 3)`` uint8 array to write into when ``size`` is given.

    Returns:
        ``(H, W, 3)`` uint8 RGB.
    """
    colors = _look_up(ids, palette)
    return colors if size is None else resize_nearest(colors, size, out)


def overlay(
    frame: Frame,
    ids: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    alpha: float,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Blend the class colours over the camera's picture.

    Args:
        frame: The picture that ``ids`` was made from.
        ids: ``(h, w)`` uint8 at any size; scaled to the frame's.
        palette: ``(256, 3)`` uint8 RGB.
        alpha: Weight of the colours, 0 (picture only) to 1 (colours only).
        out: ``(H, W, 3)`` uint8 array to write into.

    Returns:
        ``(H, W, 3)`` uint8 RGB.
    """
    colors = colorize(ids, palette, (frame.height, frame.width))
    return blend(frame, colors, alpha, out)


def blend(
    frame: Frame,
    colors: NDArray[np.uint8],
    alpha: float,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Blend colours of the frame's size over it; see ``overlay``."""
    if out is None:
        out = np.empty((frame.height, frame.width, 3), np.uint8)
    # Through ``out`` itself: blending works pixel by pixel, so no other buffer is needed.
    plain = frame.encoding == "rgb8"
    rgb = frame.pixels if plain else reorder(frame.pixels, frame.encoding, "rgb8", out)
    return np.asarray(cv2.addWeighted(rgb, 1.0 - alpha, colors, alpha, 0.0, dst=out), np.uint8)


def _look_up(
    ids: NDArray[np.uint8], palette: NDArray[np.uint8], out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    # A table of three channels by one: a third of the time of numpy's ``take``, which
    # would also make the ids eight times as large first.
    return np.asarray(cv2.applyColorMap(ids, palette.reshape(256, 1, 3), dst=out), np.uint8)


class Painter:
    """Draws a stream of results in one palette, in memory that it keeps."""

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        """Keep the palette, ``(256, 3)`` uint8 RGB."""
        self._palette = palette
        self._small: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self._upscaler = Upscaler()

    def colorize(
        self, ids: NDArray[np.uint8], size: tuple[int, int], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Colour class ids ``(h, w)`` and scale them to ``size``; see the function."""
        if self._small.shape[:2] != ids.shape:
            self._small = np.empty((*ids.shape, 3), np.uint8)
        _look_up(ids, self._palette, self._small)
        return self._upscaler.enlarge(self._small, size, out)
