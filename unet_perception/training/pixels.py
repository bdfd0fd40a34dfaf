# SPDX-License-Identifier: Apache-2.0
"""A dataset in memory, at the network's size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import MaskReader, Pair
from unet_perception.imaging import Frame, network_input, resize_nearest


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
        """Checksum of all pixels in order: which data a network was trained on.

        Taken at the network's size and in the network's ids, so it is equal for equal
        training data, whatever file format the pairs were kept in.
        """
        digest = hashlib.sha256(self.images.tobytes())
        digest.update(self.masks.tobytes())
        return digest.hexdigest()


def read_pixels(masks_of: MaskReader, pairs: Sequence[Pair], size: tuple[int, int]) -> Pixels:
    """Read pairs, scaled to the network's input by nearest neighbour.

    Args:
        masks_of: Reader of the dataset's masks in the network's label set.
        pairs: One or more pairs of that dataset.
        size: Rows and columns.

    Raises:
        DatasetError: A pair is unreadable, of two sizes, or has an unknown id.
    """
    images = np.empty((len(pairs), *size, 3), np.uint8)
    masks = np.empty((len(pairs), *size), np.uint8)
    for i, pair in enumerate(pairs):
        image, mask = masks_of.read_pair(pair)
        images[i] = network_input(Frame(image, "rgb8"), size)
        masks[i] = resize_nearest(mask, size)
    return Pixels(images, masks)


def join(parts: Iterable[Pixels]) -> Pixels:
    """Return several datasets as one."""
    parts = list(parts)
    return Pixels(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.masks for part in parts]),
    )
