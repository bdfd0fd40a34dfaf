# SPDX-License-Identifier: Apache-2.0
"""Class ids as colours, alone or over the camera's picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging.frame import Frame
from unet_perception.imaging.resize import resize_nearest, to_rgb


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
    colors = np.take(palette, ids, axis=0)
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
    blended = cv2.addWeighted(
        to_rgb(frame.pixels, frame.encoding), 1.0 - alpha, colors, alpha, 0.0, dst=out
    )
    return np.asarray(blended, np.uint8)
