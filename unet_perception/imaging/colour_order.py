# SPDX-License-Identifier: Apache-2.0
"""From one order of colours to another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LAYOUTS = {"bgra8": "BGRA", "rgba8": "RGBA", "bgr8": "BGR", "rgb8": "RGB", "mono8": "GRAY"}


def _code(source: str, target: str) -> int:
    return int(getattr(cv2, f"COLOR_{_LAYOUTS[source]}2{_LAYOUTS[target]}"))


_CODES = {
    (source, target): _code(source, target)
    for source in _LAYOUTS
    for target in _LAYOUTS
    if target not in (source, "mono8")
}


def to_rgb(pixels: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Return ``(H, W, 3)`` RGB; the array itself where it is RGB already."""
    return reorder(pixels, encoding, "rgb8")


def reorder(
    pixels: NDArray[np.uint8], source: str, target: str, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return pixels in another order of colours; a new alpha channel is opaque.

    Args:
        pixels: ``(H, W, C)`` uint8, or ``(H, W)`` for mono8; rows may be padded.
        source: Their encoding: bgra8, rgba8, bgr8, rgb8 or mono8.
        target: The encoding that is wanted, in colour.
        out: ``(H, W, C)`` array to write into, C-contiguous.

    Returns:
        ``out``, or a new array, or ``pixels`` itself where it is in order and there is no
        ``out``.
    """
    if source != target:
        return np.asarray(cv2.cvtColor(pixels, _CODES[(source, target)], dst=out), np.uint8)
    if out is None:
        return pixels
    np.copyto(out, pixels)
    return out
