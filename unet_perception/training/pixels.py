# SPDX-License-Identifier: Apache-2.0
"""A dataset in memory, at the network's size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import MaskReader, list_pairs, list_splits, read_image
from unet_perception.errors import DatasetError
from unet_perception.imaging import Frame, network_input, resize_nearest
from unet_perception.labels import LabelSet


@dataclass(frozen=True)
class Pixels:
    """Pictures and masks.

    Attributes:
        images: RGB uint8 ``(N, h, w, 3)``.
        masks: Class ids uint8 ``(N, h, w)``, 255 unlabeled.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.images)

    @property
    def fingerprint(self) -> str:
        """Checksum of all pixels in order: which data a network was trained on."""
        digest = hashlib.sha256(self.images.tobytes())
        digest.update(self.masks.tobytes())
        return digest.hexdigest()


def read_pixels(
    root: Path, split: str | None, label_set: LabelSet, size: tuple[int, int]
) -> Pixels:
    """Read a dataset, scaled to the network's input by nearest neighbour.

    Args:
        root: Folder of the dataset.
        split: Name of a list, or None for all pairs.
        label_set: Ids of the masks that come back.
        size: Rows and columns.

    Raises:
        DatasetError: A pair is missing, unreadable, or of two sizes.
        LabelSetError: The dataset's label set has no map to ``label_set``.
    """
    masks_of = MaskReader(root, label_set)
    images, masks = [], []
    for pair in list_pairs(root, split):
        image, mask = read_image(pair.image), masks_of.read(pair)
        if image.shape[:2] != mask.shape:
            raise DatasetError(
                f"{pair.image}: is {image.shape[1]}x{image.shape[0]}, but its mask is "
                f"{mask.shape[1]}x{mask.shape[0]}"
            )
        images.append(network_input(Frame(image, "rgb8"), size))
        masks.append(resize_nearest(mask, size))
    return Pixels(np.stack(images), np.stack(masks))


def join(parts: Iterable[Pixels]) -> Pixels:
    """Return several datasets as one."""
    parts = list(parts)
    return Pixels(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.masks for part in parts]),
    )


def default_split(root: Path, name: str) -> str | None:
    """Return ``name`` where the dataset has such a list, else None."""
    return name if name in list_splits(root) else None
