# SPDX-License-Identifier: Apache-2.0
"""What the cameras of a playback server see: the built-in street, or a folder of pairs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import MaskReader, read_info
from unet_perception.dataset.splits import evaluation_pairs
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.imaging import resize_nearest
from unet_perception.labels import LabelSet, load_label_set
from unet_perception.playback.source import SourceFrame
from unet_perception.playback.street import LABEL_SET as STREET_LABEL_SET
from unet_perception.playback.street import CameraModel, Conditions, Street, World
from unet_perception.playback.street.camera import ELEVATIONS, FORWARDS, RIGHTS, check_range

Pixels = NDArray[np.uint8]

STREETS_KEPT = 8
"""Views of which the painters are kept; another one takes about half a second to prepare."""

CHUNKS_KEPT = 24
"""Pieces of the street kept for all views together: the surroundings of three vehicles."""

TURNS = (-1e6, 1e6)
"""Degrees of yaw, which is taken round the circle."""

FOLDER_BYTES = 512 * 2**20


@dataclass(frozen=True)
class CameraView:
    """A camera on a vehicle; those of an equal view see the same picture.

    Attributes:
        width: Picture width in pixels.
        height: Picture height in pixels.
        fov: Horizontal field of view in degrees.
        x: Metres ahead of the vehicle's origin.
        y: Metres to the right of it.
        z: Metres above the ground.
        pitch: Degrees upwards.
        yaw: Degrees to the right of the vehicle's heading.
    """

    width: int = 800
    height: int = 600
    fov: float = 90.0
    x: float = 2.0
    y: float = 0.0
    z: float = 2.0
    pitch: float = 0.0
    yaw: float = 0.0


@dataclass(frozen=True)
class Moment:
    """When, where and in what weather a picture is taken.

    Attributes:
        index: Frames since the episode began.
        seconds: Simulated time since then.
        distance: Metres along the drive of the vehicle that carries the camera.
        conditions: The weather; None leaves it to the scene.
    """

    index: int
    seconds: float
    distance: float
    conditions: Conditions | None = None


class Scene(Protocol):
    """Pictures with their truth; to be called from one thread at a time."""

    @property
    def label_set(self) -> LabelSet:
        """What the rendered ids mean."""

    def check(self, view: CameraView) -> None:
        """Raise ConfigError if the view cannot be shown; the message names the key."""

    def render(self, view: CameraView, moment: Moment) -> SourceFrame:
        """The picture of a view; its arrays are not changed afterwards, nor may they be."""


class StreetScene:
    """The built-in street; to be called from one thread at a time.

    Vehicles that a client puts there are not seen: the street has traffic of its own.
    """

    def __init__(self, seed: int = 0) -> None:
        """Take the street of a seed; nothing is drawn before it is asked for."""
        self.label_set = load_label_set(STREET_LABEL_SET)
        self._seed = seed
        self.world = World(seed, kept=CHUNKS_KEPT)
        self._streets: OrderedDict[CameraView, Street] = OrderedDict()

    def check(self, view: CameraView) -> None:
        """Raise ConfigError where the street cannot be drawn from there."""
        _model(view)

    def render(self, view: CameraView, moment: Moment) -> SourceFrame:
        """Draw the street; without conditions the weather follows the drive's schedule.

        Raises:
            ConfigError: The view cannot be drawn.
        """
        street = self._streets.get(view)
        if street is None:
            street = Street(self._seed, camera=_model(view), world=self.world)
            self._streets[view] = street
            if len(self._streets) > STREETS_KEPT:
                self._streets.popitem(last=False)
        self._streets.move_to_end(view)
        frame = street.view(
            moment.seconds, moment.distance, conditions=moment.conditions, index=moment.index
        )
        return SourceFrame(frame.rgb, frame.ids)


def _model(view: CameraView) -> CameraModel:
    """The street's camera for a view, with words for what is refused that a CARLA user knows."""
    for key, allowed in (("x", FORWARDS), ("y", RIGHTS), ("z", ELEVATIONS), ("yaw", TURNS)):
        check_range(key, getattr(view, key), *allowed)
    return CameraModel(
        width=view.width,
        height=view.height,
        fov=view.fov,
        elevation=view.z,
        forward=view.x,
        right=view.y,
        yaw=(view.yaw + 180.0) % 360.0 - 180.0,
        pitch=view.pitch,
    )


class FolderScene:
    """A folder of pairs, played to every camera alike; to be called from one thread at a time."""

    def __init__(
        self,
        root: Path,
        split: str = "auto",
        label_set: LabelSet | None = None,
        kept_bytes: int = FOLDER_BYTES,
    ) -> None:
        """List the folder.

        Args:
            root: A folder in the dataset layout.
            split: ``auto`` takes val where there is a ``val.txt``, else all; ``all``; or
                the name of a list.
            label_set: Label set of the rendered ids; None takes the folder's own, which its
                ``dataset.json`` must name then.
            kept_bytes: Memory for pictures that are kept ready to show.

        Raises:
            DatasetError: The folder is incomplete or empty, or its label set is not known.
            LabelSetError: Its label set cannot be mapped to ``label_set``.
        """
        if label_set is None:
            info = read_info(root)
            if info is None:
                raise DatasetError(
                    f"{root}: has no dataset.json to say what its ids mean; name the label set"
                )
            label_set = load_label_set(info.label_set)
        self.label_set = label_set
        self.pairs, _ = evaluation_pairs(root, split)
        self._masks = MaskReader(root, label_set)
        self._room = kept_bytes
        self._held = 0
        self._kept: OrderedDict[tuple[int, int, int], SourceFrame] = OrderedDict()

    def check(self, view: CameraView) -> None:
        """Raise ConfigError where the picture would have no size."""
        for key in ("width", "height"):
            value = getattr(view, key)
            if not 1 <= value <= 8192:
                raise ConfigError(f"{key} is {value!r}: it must be from 1 to 8192 pixels")

    def render(self, view: CameraView, moment: Moment) -> SourceFrame:
        """The pair of the moment's index at the view's size.

        Raises:
            DatasetError: The pair cannot be read.
        """
        number = moment.index % len(self.pairs)
        name = (number, view.width, view.height)
        found = self._kept.get(name)
        if found is not None:
            self._kept.move_to_end(name)
            return found
        self.check(view)
        frame = _resized(*self._masks.read_pair(self.pairs[number]), view)
        self._kept[name] = frame
        self._held += frame.rgb.nbytes + frame.ids.nbytes
        while self._held > self._room and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._held -= old.rgb.nbytes + old.ids.nbytes
        return frame


def _resized(rgb: Pixels, ids: Pixels, view: CameraView) -> SourceFrame:
    """A pair at a view's size: smooth for the eye, no id invented."""
    size = (view.height, view.width)
    if rgb.shape[:2] == size:
        return SourceFrame(rgb, ids)
    smaller = view.width * view.height < rgb.shape[0] * rgb.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(rgb, (view.width, view.height), interpolation=way), np.uint8)
    return SourceFrame(scaled, resize_nearest(ids, size))
