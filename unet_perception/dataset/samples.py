# SPDX-License-Identifier: Apache-2.0
"""Pairs to show a person: picture, overlay and coloured mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.pairs import Pair
from unet_perception.dataset.pictures import read_image, read_mask
from unet_perception.imaging import Frame, colorize, overlay
from unet_perception.labels import LabelSet

Item = TypeVar("Item")

ALPHA = 0.5
WIDTH = 480
"""Widest a sample is; a larger picture is scaled down."""


@dataclass(frozen=True)
class Sample:
    """One pair, as people look at it: RGB uint8 ``(H, W, 3)`` each.

    Attributes:
        name: Of the pair.
        picture: The camera's.
        overlay: The mask's colours over the picture.
        mask: The mask's colours.
    """

    name: str
    picture: NDArray[np.uint8]
    overlay: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return ``count`` items, or all where there are fewer, evenly spread and in order."""
    count = min(count, len(items))
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]


def load_sample(pair: Pair, label_set: LabelSet) -> Sample:
    """Return a pair as people look at it.

    Raises:
        DatasetError: A file cannot be read.
    """
    rgb, ids = read_image(pair.image), read_mask(pair.mask)
    width = min(WIDTH, rgb.shape[1])
    height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
    small = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return Sample(
        name=pair.name,
        picture=small,
        overlay=overlay(Frame(small, "rgb8"), ids, label_set.palette, ALPHA),
        mask=colorize(ids, label_set.palette, (height, width)),
    )
