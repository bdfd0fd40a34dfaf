# SPDX-License-Identifier: Apache-2.0
"""Frames with their truth, one after the other, from the street or from a folder."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import MaskReader
from unet_perception.dataset.splits import evaluation_pairs
from unet_perception.labels import LabelSet, label_map, load_label_set
from unet_perception.playback.street import LABEL_SET as STREET_LABEL_SET
from unet_perception.playback.street import CameraModel, Street, preset

T = TypeVar("T")

CARLA_FOV = 90.0
"""Degrees; CARLA's default, taken for folders, which do not say."""


@dataclass(frozen=True)
class SourceFrame:
    """One frame.

    Attributes:
        rgb: The picture, uint8 ``(H, W, 3)``.
        ids: The class of each pixel, uint8 ``(H, W)``.
    """

    rgb: NDArray[np.uint8]
    ids: NDArray[np.uint8]


@dataclass(frozen=True)
class Lens:
    """Where a pinhole camera looks.

    Attributes:
        fov: Horizontal field of view in degrees.
        row: Row of the optical axis as a fraction of the height.
    """

    fov: float = CARLA_FOV
    row: float = 0.5


class FrameSource(Protocol):
    """Frames by index."""

    @property
    def lens(self) -> Lens:
        """The camera's geometry."""

    def frame(self, index: int) -> SourceFrame | None:
        """Return frame ``index``, 0 and up, or None behind the last."""


class StreetSource:
    """The built-in street; it never ends."""

    def __init__(self, seed: int, rate: float, conditions: str, label_set: LabelSet) -> None:
        """Build the street.

        Args:
            seed: Which street.
            rate: Frames per second of the drive.
            conditions: Name of a weather preset, or empty to let the weather change.
            label_set: Label set of the ids.

        Raises:
            ConfigError: The conditions are not known.
            LabelSetError: The street's classes cannot be mapped to the label set.
        """
        camera = CameraModel()
        self._street = Street(
            seed, camera=camera, rate=rate, conditions=preset(conditions) if conditions else None
        )
        self._map = label_map(load_label_set(STREET_LABEL_SET), label_set)
        self.lens = Lens(camera.fov, camera.horizon)

    def frame(self, index: int) -> SourceFrame:
        """Render a frame."""
        frame = self._street.frame(index)
        return SourceFrame(frame.rgb, self._map.apply(frame.ids))


class FolderSource:
    """A folder in the dataset layout, in order of its names."""

    def __init__(self, root: Path, split: str, loop: bool, label_set: LabelSet) -> None:
        """List the folder.

        Args:
            root: The folder.
            split: ``auto`` takes val where there is a ``val.txt``, else all; ``all``; or
                the name of a list.
            loop: Begin again after the last frame.
            label_set: Label set of the ids. A folder without a ``dataset.json`` is
                taken to be in it already.

        Raises:
            DatasetError: The folder is incomplete or empty.
            LabelSetError: Its label set cannot be mapped to the other.
        """
        self.pairs, _ = evaluation_pairs(root, split)
        self._masks = MaskReader(root, label_set)
        self._loop = loop
        self.lens = Lens()

    def frame(self, index: int) -> SourceFrame | None:
        """Read a pair."""
        if index >= len(self.pairs) and not self._loop:
            return None
        pair = self.pairs[index % len(self.pairs)]
        rgb, ids = self._masks.read_pair(pair)
        return SourceFrame(rgb, ids)


class Schedule:
    """Evenly spaced ticks that do not drift; late ones are skipped, not made up for."""

    def __init__(self, rate: float, start: float) -> None:
        """Tick ``rate`` times a second; the first tick is at ``start`` (seconds)."""
        self._rate = rate
        self._start = start
        self._tick = -1

    def next(self, now: float) -> float:
        """Return the time of the next tick that is not past yet."""
        # A tick that is due at this very moment is not late, whatever the rounding.
        due = math.ceil((now - self._start) * self._rate - 1e-6)
        self._tick = max(self._tick + 1, due)
        return self._start + self._tick / self._rate


class Ahead(Generic[T]):
    """Makes items on a thread of its own, a few ahead of the one that is taken."""

    def __init__(self, make: Callable[[int], T | None], depth: int) -> None:
        """Begin with item 0.

        Args:
            make: Returns the item of an index, or None behind the last one.
            depth: Items that may wait.
        """
        self._make = make
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(1, "frames ahead")
        # One is being made while the others wait.
        self._items = deque(self._pool.submit(make, index) for index in range(depth + 1))
        self._next = depth + 1

    def take(self) -> T | None:
        """Wait for the next item and return it; None behind the last, or when closed.

        Raises:
            Exception: What ``make`` raised.
        """
        with self._lock:
            if self._closed:
                return None
            item = self._items.popleft()
            self._items.append(self._pool.submit(self._make, self._next))
            self._next += 1
        try:
            return item.result()
        except CancelledError:
            return None

    def close(self) -> None:
        """Stop, and wait for the item that is being made."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(cancel_futures=True)
