# SPDX-License-Identifier: Apache-2.0
"""Counting what a network answers for the pixels of each training id."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unet_perception.evaluation.confusion import Confusion, Scores
from unet_perception.training.targets import Targets


class Counts:
    """Pixels by training id and by the class that was answered.

    Attributes:
        targets: Meaning of the training ids.
        matrix: int64 ``(n_ids, n_classes)``.
    """

    def __init__(self, targets: Targets, matrix: NDArray[np.int64] | None = None) -> None:
        """Start with no pixels, or with those that were counted before."""
        self.targets = targets
        shape = (targets.n_ids, targets.n_classes)
        self.matrix = np.zeros(shape, np.int64) if matrix is None else matrix.reshape(shape)

    @property
    def pixels(self) -> int:
        """Labeled pixels."""
        return int(self.matrix.sum())

    @property
    def accuracy(self) -> float:
        """Share of labeled pixels whose answer is one of the classes that they may have."""
        right = int(self.matrix[self.targets.members].sum())
        return right / self.pixels if self.pixels else float("nan")

    def scores(self) -> Scores:
        """Return the scores over the pixels whose class is known."""
        confusion = Confusion(self.targets.n_classes)
        confusion.matrix[:, :-1] = self.matrix[: self.targets.n_classes]
        return confusion.scores()

    def scores_in(
        self, table: NDArray[np.uint8], back: NDArray[np.uint8], n_classes: int
    ) -> Scores:
        """Return the scores in the label set of a dataset that knows less than the network.

        Args:
            table: The dataset's ids to training ids (``join_targets``).
            back: The network's classes to the dataset's (``LabelGroups.back_table``).
            n_classes: Of the dataset's label set.
        """
        confusion = Confusion(n_classes)
        for source in range(n_classes):
            if table[source] >= self.targets.n_ids:
                continue
            for predicted, pixels in enumerate(self.matrix[table[source]]):
                confusion.matrix[source, min(int(back[predicted]), n_classes)] += pixels
        return confusion.scores()


def count_answers(logits: Tensor, masks: Tensor, targets: Targets) -> Tensor:
    """Return the counts of some pictures, int64 ``(n_ids * n_classes,)`` on the device.

    Args:
        logits: ``(N, n_classes, H, W)``.
        masks: Training ids ``(N, H, W)``.
        targets: Their meaning.
    """
    n_ids, n_classes = targets.n_ids, targets.n_classes
    # Unlabeled pixels are counted in a row of their own, which is cut off.
    pairs = masks.long().clamp_(max=n_ids).mul_(n_classes).add_(logits.argmax(1)).flatten()
    counts = torch.zeros((n_ids + 1) * n_classes, dtype=torch.int64, device=logits.device)
    counts.scatter_add_(0, pairs, torch.ones_like(pairs))
    return counts[: n_ids * n_classes]
