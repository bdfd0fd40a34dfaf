# SPDX-License-Identifier: Apache-2.0
"""Sending files through a segmenter and writing what people and programs want of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import read_image
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.imaging import Frame, colorize, overlay
from unet_perception.imaging.contact_sheet import contact_sheet
from unet_perception.prediction.inputs import Input, Video
from unet_perception.prediction.sheet import KINDS, Spread, sheet_sample
from unet_perception.prediction.video_file import VideoFile
from unet_perception.segmenter import Segmenter

MASKS, OVERLAYS, VIDEOS, SHEET = "masks", "overlays", "videos", "sheet.png"
PICTURES_VIDEO = "pictures"
"""Name of the video of all pictures."""

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]


@dataclass(frozen=True)
class Wanted:
    """What is written.

    Attributes:
        masks: Class ids as single-channel PNG files, at the input's size.
        overlays: The classes' colours over the picture, as JPEG files.
        video: Overlays as a video: one for each video, and one of all pictures.
        sheet: How many frames the contact sheet has; 0 for none.
        alpha: Weight of the colours in overlays, 0 to 1.
        rate: Frames a second of the video of pictures, and of one whose file does not say it.
    """

    masks: bool = False
    overlays: bool = False
    video: bool = False
    sheet: int = 0
    alpha: float = 0.5
    rate: float = 20.0

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
        """
        if not 0 <= self.alpha <= 1:
            raise ConfigError(f"alpha is {self.alpha!r}; it must be 0 to 1")
        if not 0.1 <= self.rate <= 1000:
            raise ConfigError(f"fps is {self.rate!r}; it must be 0.1 to 1000")
        if self.sheet < 0:
            raise ConfigError(f"sheet is {self.sheet}; it must be 0 or more")


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        frames: How many were predicted.
        notes: What a person should know, such as a video that ends early.
    """

    frames: int
    notes: tuple[str, ...]


def predict(
    segmenter: Segmenter,
    inputs: Sequence[Input],
    folder: Path,
    wanted: Wanted,
    watch: Watch = unwatched,
) -> Done:
    """Predict every frame of the inputs.

    Args:
        segmenter: Model and engine, as the node uses them.
        inputs: What to predict.
        folder: To write into; it exists.
        wanted: What to write.
        watch: Told how far it is; the total is 0 where a video does not say its length.

    Raises:
        DatasetError: An input cannot be read, or a result not be written.
        EngineError: The engine failed.
    """
    with ExitStack() as stack:
        # All are opened at once, so that a bad one is refused before the work and not after.
        videos = {item: Video(item.path) for item in inputs if item.is_video}
        for video in videos.values():
            stack.callback(video.close)
        lengths = [video.expected for video in videos.values()]
        pictures = [item for item in inputs if not item.is_video]
        total = 0 if 0 in lengths else sum(lengths) + len(pictures)
        run = _Run(segmenter, folder, wanted, watch, total)
        if pictures:
            run.sequence(
                ((item.name, image) for item, image in _read_ahead(pictures)),
                PICTURES_VIDEO,
                wanted.rate,
            )
        for item, video in videos.items():
            before = run.frames
            numbered = (
                (f"{item.name}/{number:06d}", image) for number, image in enumerate(video.frames())
            )
            run.sequence(numbered, f"{VIDEOS}/{item.name}", video.rate or wanted.rate)
            run.note_length(video, run.frames - before)
        run.finish()
    return Done(run.frames, tuple(run.notes))


class _Run:
    """What goes on over all inputs."""

    def __init__(
        self, segmenter: Segmenter, folder: Path, wanted: Wanted, watch: Watch, total: int
    ) -> None:
        self._segmenter, self._folder, self._wanted = segmenter, folder, wanted
        self._watch, self._total = watch, total
        self._palette = segmenter.label_set.palette
        self._spread = Spread(wanted.sheet) if wanted.sheet else None
        self.frames = 0
        self.notes: list[str] = []

    def sequence(
        self, frames: Iterator[tuple[str, NDArray[np.uint8]]], name: str, rate: float
    ) -> None:
        """Predict frames that become one video, where that is wanted."""
        video = VideoFile(self._folder / name, rate) if self._wanted.video else None
        try:
            for frame_name, image in frames:
                self._frame(frame_name, image, video)
        finally:
            if video:
                video.close()

    def note_length(self, video: Video, read: int) -> None:
        """Note a video whose file says that there is clearly more of it."""
        if read < 0.98 * video.expected - 1:
            self.notes.append(
                f"{video.path}: ends or is damaged after {read} of {video.expected} frames"
            )

    def finish(self) -> None:
        """Write what all frames have in common."""
        if self._spread:
            sheet = contact_sheet(self._spread.samples(), KINDS, self._segmenter.label_set)
            write_picture(self._folder / SHEET, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))

    def _frame(self, name: str, image: NDArray[np.uint8], video: VideoFile | None) -> None:
        wanted = self._wanted
        frame = Frame(image, "rgb8")
        result = self._segmenter.segment(frame)
        if wanted.masks:
            write_picture(self._folder / MASKS / f"{name}.png", result.mask)
        on_sheet = self._spread is not None and self._spread.wants
        if wanted.overlays or video or on_sheet:
            blended = overlay(frame, result.ids, self._palette, wanted.alpha)
            if wanted.overlays:
                path = self._folder / OVERLAYS / f"{name}.jpg"
                write_picture(path, cv2.cvtColor(blended, cv2.COLOR_RGB2BGR), _JPEG)
            if video:
                video.write(name, blended)
        if self._spread is not None:
            colors = colorize(result.ids, self._palette, image.shape[:2])
            sample = sheet_sample(name, image, blended, colors) if on_sheet else None
            self._spread.add(sample)
        self.frames += 1
        self._watch(self.frames, self._total)


def _read_ahead(pictures: Sequence[Input]) -> Iterator[tuple[Input, NDArray[np.uint8]]]:
    images = in_order(lambda item: read_image(item.path), pictures)
    return zip(pictures, images, strict=True)


def write_picture(path: Path, pixels: NDArray[Any], settings: Sequence[int] = ()) -> None:
    """Write a picture, in OpenCV's order of channels, into a folder that may not exist yet.

    Raises:
        DatasetError: It cannot be encoded or written.
    """
    try:
        done, data = cv2.imencode(path.suffix, pixels, settings)
        if not done:
            raise DatasetError(f"{path}: a picture of {pixels.shape} cannot be encoded")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error
