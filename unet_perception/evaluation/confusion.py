# SPDX-License-Identifier: Apache-2.0
"""The confusion matrix and the scores that are read off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """Scores over all pixels that were counted.

    Attributes:
        accuracy: Share of pixels with the right class.
        miou: Mean of ``iou`` over the classes that have one.
        iou: Intersection over union by class id; a class that is neither in truth nor
            prediction has none and is left out.
        support: True pixels by class id.
        fwiou: Frequency-weighted IoU: the mean of ``iou`` weighted with ``support``.
        precision: Share of a class's predicted pixels that are right, by class id; a class
            that was never predicted has none.
        recall: Share of a class's true pixels that were found, by class id; a class without
            true pixels has none.
    """

    accuracy: float
    miou: float
    iou: dict[int, float]
    support: dict[int, int]
    fwiou: float
    precision: dict[int, float]
    recall: dict[int, float]


class Confusion:
    """Counts of true against predicted class: one matrix for a whole set of frames.

    The mean IoU of one matrix is what papers call mIoU; a mean of each frame's own mean is
    another, usually larger number.
    """

    def __init__(self, n_classes: int) -> None:
        """Start with no pixels counted."""
        self._n_classes = n_classes
        # The last column counts predictions outside the classes.
        self.matrix = np.zeros((n_classes, n_classes + 1), np.int64)

    def update(self, truth: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> None:
        """Count the pixels of one frame; true ids outside the classes (255) do not count.

        A predicted id outside the classes is a miss of the true class.

        Raises:
            ValueError: The shapes differ.
        """
        if truth.shape != predicted.shape:
            raise ValueError(f"truth {truth.shape} and prediction {predicted.shape} differ")
        n = self._n_classes
        true_ids = np.minimum(truth.reshape(-1), n).astype(np.int32)
        predicted_ids = np.minimum(predicted.reshape(-1), n)
        counts = np.bincount(true_ids * (n + 1) + predicted_ids, minlength=(n + 1) ** 2)
        self.matrix += counts.reshape(n + 1, n + 1)[:n]

    def add(self, other: Confusion) -> None:
        """Count what another one has counted as well.

        Raises:
            ValueError: The other one has another number of classes.
        """
        if self.matrix.shape != other.matrix.shape:
            raise ValueError(f"{self._n_classes} classes cannot take in {other._n_classes}")
        self.matrix += other.matrix

    def scores(self) -> Scores:
        """Return the scores so far; NaN where nothing was counted."""
        right = self.matrix.diagonal()
        support = self.matrix.sum(axis=1)
        predicted = self.matrix[:, : self._n_classes].sum(axis=0)
        iou = _ratios(right, support + predicted - right)
        total = int(support.sum())
        weighted = sum(iou[i] * int(support[i]) for i in iou)
        return Scores(
            accuracy=float(right.sum() / total) if total else float("nan"),
            miou=float(np.mean(list(iou.values()))) if iou else float("nan"),
            iou=iou,
            support={i: int(n) for i, n in enumerate(support)},
            fwiou=weighted / total if total else float("nan"),
            precision=_ratios(right, predicted),
            recall=_ratios(right, support),
        )


def _ratios(counts: NDArray[np.int64], totals: NDArray[np.int64]) -> dict[int, float]:
    return {i: float(counts[i] / total) for i, total in enumerate(totals) if total}
