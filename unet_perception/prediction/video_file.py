# SPDX-License-Identifier: Apache-2.0
"""Writing a video with what OpenCV was built with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import DatasetError

FORMATS = ((".mp4", "mp4v"), (".avi", "MJPG"))
"""Suffixes and codecs; every OpenCV writes the last."""


class VideoFile:
    """A video that is being written; the first frame says how large it is."""

    def __init__(self, stem: Path, rate: float) -> None:
        """Choose the name; nothing is written yet.

        Args:
            stem: Path without suffix.
            rate: Frames a second.
        """
        self._stem, self._rate = stem, rate
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def write(self, name: str, rgb: NDArray[np.uint8]) -> None:
        """Add a frame.

        Args:
            name: Of the frame, for messages.
            rgb: RGB uint8 ``(H, W, 3)``.

        Raises:
            DatasetError: It has another size than the first, or nothing can be written.
        """
        size = (rgb.shape[1], rgb.shape[0])
        if self._writer is None:
            self._writer, self._size = self._open(size), size
        if size != self._size:
            width, height = self._size
            raise DatasetError(
                f"{name}: is {size[0]}x{size[1]}, but the video that it should go into is "
                f"{width}x{height}"
            )
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()

    def _open(self, size: tuple[int, int]) -> cv2.VideoWriter:
        try:
            self._stem.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{self._stem.parent}: cannot be made: {error.strerror}") from error
        for suffix, codec in FORMATS:
            path = self._stem.with_name(self._stem.name + suffix)
            code = cv2.VideoWriter.fourcc(*codec)
            writer = cv2.VideoWriter(str(path), code, self._rate, size)
            if writer.isOpened():
                return writer
            path.unlink(missing_ok=True)
        raise DatasetError(
            f"{self._stem}: OpenCV writes no video of {size[0]}x{size[1]} with any of "
            f"{', '.join(codec for _, codec in FORMATS)}"
        )
