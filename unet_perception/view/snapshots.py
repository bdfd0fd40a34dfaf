# SPDX-License-Identifier: Apache-2.0
"""Pictures to keep: what the camera saw, the mask's ids, and the one over the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.imaging import blend, colorize
from unet_perception.labels import LabelSet
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import png

KINDS = ("picture", "mask", "overlay")
MOST_IDS = 256


@dataclass(frozen=True)
class Look:
    """How an overlay is drawn.

    Attributes:
        opacity: Of the class colours, 0 to 1.
        classes: Ids that are coloured; None for all.
    """

    opacity: float = 0.5
    classes: frozenset[int] | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Look:
        """Return what the query of an address asks for.

        Raises:
            ConfigError: A value is not allowed.
        """
        opacity, classes = query.get("opacity", "0.5"), query.get("classes")
        try:
            value = float(opacity)
            ids = None if classes is None else [int(word) for word in classes.split(",") if word]
        except ValueError:
            raise ConfigError("opacity must be a number, classes a list such as 1,7") from None
        if not 0.0 <= value <= 1.0:
            raise ConfigError("opacity must be from 0 to 1")
        if ids is not None and (len(ids) > MOST_IDS or not all(0 <= x <= 255 for x in ids)):
            raise ConfigError("classes must be ids from 0 to 255")
        return cls(value, None if ids is None else frozenset(ids))


def snapshot(pair: Pair, kind: str, label_set: LabelSet | None, look: Look) -> bytes | None:
    """Return a PNG file; None if there is no mask to make it from.

    Args:
        pair: What it shows.
        kind: One of ``KINDS``. A mask's pixels are the published class ids, in grey.
        label_set: Colours of the classes.
        look: How an overlay is drawn.

    Raises:
        FrameError: The picture is damaged.
    """
    if kind == "picture":
        frame = pair.picture.frame
        return png(frame.pixels, frame.encoding)
    if pair.ids is None:
        return None
    if kind == "mask":
        return png(pair.ids, "mono8")
    if label_set is None:
        return None
    return png(_overlay(pair, pair.ids, label_set, look), "rgb8")


def _overlay(
    pair: Pair, ids: NDArray[np.uint8], label_set: LabelSet, look: Look
) -> NDArray[np.uint8]:
    frame = pair.picture.frame
    size = (frame.height, frame.width)
    drawn = blend(frame, colorize(ids, label_set.palette, size), look.opacity)
    if look.classes is None:
        return drawn
    bare = blend(frame, np.zeros_like(drawn), 0.0)
    table = np.zeros((256, 3), np.uint8)
    table[sorted(look.classes)] = 1
    return np.where(colorize(ids, table, size) == 1, drawn, bare)
