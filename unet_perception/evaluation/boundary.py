# SPDX-License-Identifier: Apache-2.0
"""Boundary F-score: how well the outlines agree, whatever the areas are.

Csurka, Larlus, Perronnin: What is a good evaluation measure for semantic segmentation?
BMVC 2013. A class's outline in a frame is right where the other mask has an outline of the
class within a tolerance. Precision is taken over the predicted outline and recall over the true
one; F1 joins them. A class's score is the mean over the frames that have it in truth or
prediction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.labels import UNLABELED

TOLERANCE = 0.0075
"""Of the frame's diagonal, as the paper has it."""

_NEAR = np.float32(1 + 1e-5)


@dataclass(frozen=True)
class BoundaryScores:
    """Boundary F-scores over all frames that were counted.

    Attributes:
        mean: Mean of ``f1`` over the classes that have one; NaN without any.
        f1: By class id; a class that has an outline in no frame is left out.
    """

    mean: float
    f1: dict[int, float]


class BoundaryTally:
    """Boundary F-scores of a set of frames."""

    def __init__(self, n_classes: int) -> None:
        """Start with no frame counted."""
        self._sums = np.zeros(n_classes)
        self._frames = np.zeros(n_classes, np.int64)

    def update(self, f1: Mapping[int, float]) -> None:
        """Count one frame, as ``boundary_f1`` gives it."""
        for class_id, value in f1.items():
            self._sums[class_id] += value
            self._frames[class_id] += 1

    def scores(self) -> BoundaryScores:
        """Return the scores so far."""
        f1 = {i: float(self._sums[i] / frames) for i, frames in enumerate(self._frames) if frames}
        return BoundaryScores(sum(f1.values()) / len(f1) if f1 else math.nan, f1)


def boundary_f1(
    truth: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    n_classes: int,
    tolerance: float = TOLERANCE,
) -> dict[int, float]:
    """Return one frame's boundary F1 by class id.

    Args:
        truth: Class ids, uint8 ``(H, W)``; what is 255 has no outline, nor has the prediction
            there.
        predicted: Class ids, uint8 ``(H, W)``.
        n_classes: Ids that count are below it.
        tolerance: Farthest that two outlines may lie apart, as a share of the diagonal.

    Returns:
        0 to 1 for each class with an outline in truth or prediction.

    Raises:
        ValueError: The shapes differ.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"truth {truth.shape} and prediction {predicted.shape} differ")
    unlabeled = truth == UNLABELED
    if unlabeled.any():
        predicted = np.where(unlabeled, np.uint8(UNLABELED), predicted)
    outlines = [_outline(ids) for ids in (truth, predicted)]
    reach = np.float32(tolerance * math.hypot(*truth.shape)) * _NEAR
    found: dict[int, float] = {}
    for class_id in range(n_classes):
        true, guess = ((ids == class_id).view(np.uint8) for ids in outlines)
        there = (true.any(), guess.any())
        if not any(there):
            continue
        if not all(there):
            found[class_id] = 0.0
            continue
        # Outside the box around both there is nothing to measure.
        part = _box(true | guess)
        precision = _share_near(guess[part], true[part], reach)
        recall = _share_near(true[part], guess[part], reach)
        both = precision + recall
        found[class_id] = 2 * precision * recall / both if both else 0.0
    return found


def _outline(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the ids that lie beside another class (not 255, not the frame's edge)."""
    edge = np.zeros(ids.shape, bool)
    labelled = ids != UNLABELED
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = (ids[one] != ids[other]) & labelled[one] & labelled[other]
        edge[one] |= differs
        edge[other] |= differs
    return np.where(edge, ids, np.uint8(UNLABELED))


def _box(marked: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Return the rows and columns of what is not 0; OpenCV 4.8's own misses columns of few."""
    rows, columns = (np.flatnonzero(marked.any(axis)) for axis in (1, 0))
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _share_near(outline: NDArray[np.uint8], other: NDArray[np.uint8], reach: np.float32) -> float:
    """Return the share of an outline's pixels (1, the rest 0) with the other one in reach."""
    distance = cv2.distanceTransform(other ^ 1, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = np.count_nonzero(np.asarray(distance)[outline > 0] <= reach)
    return near / int(np.count_nonzero(outline))
