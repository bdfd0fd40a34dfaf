# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates: neighbours in a drive that look the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
BITS = SIDE * SIDE
LEAST_STEP = 2.0
"""Grey levels by which two neighbouring cells must differ to count as different at all: noise and
compression make less, and an even sky would have a random hash otherwise."""


@dataclass(frozen=True)
class NearPair:
    """Two neighbours that look alike.

    Attributes:
        first: Name of a pair.
        second: Name of the next one.
        distance: Bits by which their hashes differ, of ``BITS``.
    """

    first: str
    second: str
    distance: int


def picture_hash(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a hash of what a picture looks like: which cells are brighter than the one before.

    Args:
        rgb: uint8 ``(H, W, 3)``.

    Returns:
        Bits, uint8 ``(BITS / 8,)``.
    """
    # Colours are averaged first: a small picture is cheap to turn grey.
    small = cv2.resize(rgb, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = small @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.packbits(np.diff(grey, axis=1) > LEAST_STEP)


def near_pairs(
    names: Sequence[str], hashes: Sequence[NDArray[np.uint8]], most: int
) -> list[NearPair]:
    """Return the neighbours whose hashes differ by ``most`` bits or fewer, in order."""
    if len(names) < 2:
        return []
    table = np.stack(hashes)
    distances = np.unpackbits(table[1:] ^ table[:-1], axis=1).sum(axis=1, dtype=np.int64)
    return [
        NearPair(names[i], names[i + 1], int(distances[i]))
        for i in np.flatnonzero(distances <= most).tolist()
    ]
