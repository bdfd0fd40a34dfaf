# SPDX-License-Identifier: Apache-2.0
"""What a training tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from unet_perception.training.history import Epoch


@dataclass(frozen=True)
class Moment:
    """Where a training is.

    Attributes:
        epoch: From 1.
        epochs: How many there will be at most.
        step: Steps done in this epoch.
        steps: Of an epoch.
        pictures: Trained on since this process began.
        loss: Mean over the epoch so far.
        accuracy: Share of right pixels likewise.
        miou: Mean IoU likewise.
        learning_rate: Of the last step.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    pictures: int
    loss: float
    accuracy: float
    miou: float
    learning_rate: float


class Watch:
    """Is told; this one does nothing about it."""

    def due(self) -> bool:
        """Return whether a moment is wanted now: finding out its scores takes a little time."""
        return False

    def moment(self, moment: Moment) -> None:
        """Take in where the training is."""

    def epoch(self, epoch: Epoch, best: Epoch, model: nn.Module) -> None:
        """Take in a finished epoch, the best one so far, and the network that was validated."""
