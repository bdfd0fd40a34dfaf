# SPDX-License-Identifier: Apache-2.0
"""Has anything changed that the network would see?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging import Frame, InputWriter

ENCODING = "bgra8"


class LastInput:
    """What the network saw last of one camera.

    Equal pixels at the network's size give an equal mask, so a frame that differs from the last
    one only between the pixels that are sampled needs no second look.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """Begin without a frame, at the network's size in rows and columns."""
        self._now = np.zeros((*size, len(ENCODING) - 1), np.uint8)
        self._last: NDArray[np.uint8] | None = None
        self._frame_size = (0, 0)
        self._writer = InputWriter(self._now, ENCODING)

    def is_same(self, frame: Frame) -> bool:
        """Return whether the network would see what it saw at the last call; remember this one."""
        self._writer.write(frame)
        size = (frame.height, frame.width)
        same = (
            self._last is not None
            and size == self._frame_size
            and np.array_equal(self._now, self._last)
        )
        if self._last is None:
            self._last = np.empty_like(self._now)
        np.copyto(self._last, self._now)
        self._frame_size = size
        return same

    def forget(self) -> None:
        """Take the next frame for a new one, whatever it shows."""
        self._last = None
