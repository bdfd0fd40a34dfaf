# SPDX-License-Identifier: Apache-2.0
"""Reading masks in the label set that is wanted, whatever set they were recorded in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.info import INFO_FILE, read_info
from unet_perception.dataset.pairs import Pair
from unet_perception.dataset.pictures import read_image, read_mask
from unet_perception.errors import DatasetError
from unet_perception.labels import UNLABELED, LabelSet, label_map, load_label_set


class MaskReader:
    """Reads a dataset's masks as ids of one label set."""

    def __init__(self, root: Path, target: LabelSet) -> None:
        """Look up the dataset's label set; without ``dataset.json`` it is taken as ``target``.

        Raises:
            DatasetError: ``dataset.json`` cannot be read.
            LabelSetError: Its label set is unknown or has no map to ``target``.
        """
        info = read_info(root)
        self._assumed = info is None
        source = target if info is None or info.label_set == target.name else None
        self._map = label_map(source or load_label_set(info.label_set if info else ""), target)
        self._known = np.zeros(256, bool)
        self._known[[*self._map.source.ids, UNLABELED]] = True

    @property
    def description(self) -> str:
        """What the map merges and loses, or what was assumed; empty where all is plain."""
        if self._assumed:
            return f"no {INFO_FILE}: ids are taken as {self._map.target.name}"
        same = self._map.source.name == self._map.target.name
        return "" if same else self._map.describe()

    def read_pair(self, pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return a pair's picture, RGB uint8 ``(H, W, 3)``, and its mask as ``read`` does.

        Raises:
            DatasetError: As ``read``, or picture and mask differ in size.
        """
        image, mask = read_image(pair.image), self.read(pair)
        if image.shape[:2] != mask.shape:
            raise DatasetError(
                f"{pair.image}: is {image.shape[1]}x{image.shape[0]}, but its mask is "
                f"{mask.shape[1]}x{mask.shape[0]}"
            )
        return image, mask

    def read(self, pair: Pair) -> NDArray[np.uint8]:
        """Return a pair's mask, uint8 ``(H, W)``, in the target's ids and 255.

        Raises:
            DatasetError: The file is unreadable or has an id outside its label set.
        """
        mask = read_mask(pair.mask)
        if not self._known[mask].all():
            stray = int(mask[~self._known[mask]][0])
            raise DatasetError(
                f"{pair.mask}: has id {stray}, which label set {self._map.source.name} "
                "does not have"
            )
        return self._map.apply(mask)
