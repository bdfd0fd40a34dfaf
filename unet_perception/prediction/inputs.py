# SPDX-License-Identifier: Apache-2.0
"""What is to be predicted: pictures, folders of them, and videos."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.pairs import IMAGE_FOLDER
from unet_perception.errors import DatasetError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")


@dataclass(frozen=True)
class Input:
    """One file.

    Attributes:
        path: Where it is.
        name: What its results are called; no other input has it.
    """

    path: Path
    name: str

    @property
    def is_video(self) -> bool:
        """Whether it has many frames."""
        return self.path.suffix.lower() in VIDEOS


def find_inputs(paths: Sequence[Path]) -> list[Input]:
    """Return the files to predict, those of a folder by name.

    A folder gives the pictures and videos in it; one with ``CameraRGB`` gives the pictures
    there.

    Raises:
        DatasetError: A path is missing, is neither picture nor video, is a folder without any,
            or two files would be called alike.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += _files_in(path)
        elif not path.exists():
            raise DatasetError(f"{path}: there is no such picture, video or folder")
        elif path.suffix.lower() not in PICTURES + VIDEOS:
            raise DatasetError(
                f"{path}: is neither a picture ({', '.join(PICTURES)}) nor a video "
                f"({', '.join(VIDEOS)})"
            )
        else:
            files.append(path)
    stems = Counter(path.stem for path in files)
    inputs: dict[str, Input] = {}
    for path in files:
        # Frames of two drives are often numbered alike.
        name = path.stem
        if stems[name] > 1:
            name = f"{path.resolve().parent.name}_{name}"
        if name in inputs:
            raise DatasetError(
                f"{path}: its results would be called {name!r} like those of {inputs[name].path}"
            )
        inputs[name] = Input(path, name)
    return list(inputs.values())


class Video:
    """The frames of a video file, in order."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            DatasetError: It is no video that OpenCV reads.
        """
        self.path = path
        # FFmpeg's own words on a damaged file would stand before ours; -8 is its "quiet".
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise DatasetError(f"{path}: cannot be read as a video")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0.1 <= rate <= 1000 else 0.0
        """Frames a second; 0 where the file does not say it."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.expected = int(count) if 0 < count < 1e9 else 0
        """Frames that the file says it has; 0 where it does not."""

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each frame, RGB uint8 ``(H, W, 3)``.

        Raises:
            DatasetError: There is none.
        """
        count = 0
        while True:
            read, pixels = self._capture.read()
            if not read:
                break
            count += 1
            yield np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        if not count:
            raise DatasetError(f"{self.path}: has no frame that can be decoded")

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


def _files_in(folder: Path) -> list[Path]:
    if (folder / IMAGE_FOLDER).is_dir():
        folder = folder / IMAGE_FOLDER
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES + VIDEOS and not path.name.startswith(".")
    )
    if not found:
        raise DatasetError(f"{folder}: has no picture and no video")
    return found
