# SPDX-License-Identifier: Apache-2.0
"""What each epoch gave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from unet_perception.evaluation.result import or_none


@dataclass(frozen=True)
class Checked:
    """Scores on one validation dataset, at the network's size.

    Attributes:
        name: Of the dataset.
        label_set: In which truth and prediction were compared.
        miou: Mean IoU; NaN where no pixel has a class.
        accuracy: Share of right pixels.
        whole: Whether the dataset tells all of the network's classes apart.
    """

    name: str
    label_set: str
    miou: float
    accuracy: float
    whole: bool


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data gave.

    Attributes:
        number: From 1.
        loss: Mean loss over the epoch.
        accuracy: Share of right pixels over the epoch, as seen while training.
        miou: Mean IoU likewise.
        seconds: Time that it took, without validation.
        checked: Scores on each validation dataset.
    """

    number: int
    loss: float
    accuracy: float
    miou: float
    seconds: float
    checked: tuple[Checked, ...] = ()

    @property
    def val_miou(self) -> float:
        """Mean of the datasets' mIoU, of those that know all classes where there are some."""
        return _mean([part.miou for part in self._counted])

    @property
    def val_accuracy(self) -> float:
        """Mean of the same datasets' accuracy."""
        return _mean([part.accuracy for part in self._counted])

    @property
    def rank(self) -> float:
        """What makes one epoch better than another; without scores any other is better."""
        return -1.0 if math.isnan(self.val_miou) else self.val_miou

    @property
    def _counted(self) -> Sequence[Checked]:
        return [part for part in self.checked if part.whole] or self.checked

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "epoch": self.number,
            "loss": self.loss,
            "accuracy": or_none(self.accuracy),
            "miou": or_none(self.miou),
            "seconds": self.seconds,
            "val_miou": or_none(self.val_miou),
            "val_accuracy": or_none(self.val_accuracy),
            "checked": [
                asdict(part) | {"miou": or_none(part.miou), "accuracy": or_none(part.accuracy)}
                for part in self.checked
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Epoch:
        """Read what ``as_dict`` returned.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is no number.
        """
        checked = tuple(
            Checked(
                str(part["name"]),
                str(part["label_set"]),
                _float(part["miou"]),
                _float(part["accuracy"]),
                bool(part["whole"]),
            )
            for part in data["checked"]
        )
        return cls(
            int(data["epoch"]),
            float(data["loss"]),
            _float(data["accuracy"]),
            _float(data["miou"]),
            float(data["seconds"]),
            checked,
        )


@dataclass(frozen=True)
class Trained:
    """What a run gave.

    Attributes:
        model: The network that is kept, in evaluation mode.
        history: Every epoch.
        kept: The epoch that the network's weights are from.
        seconds: Time that it took, in all its parts.
        precision: What it was trained in.
    """

    model: nn.Module
    history: tuple[Epoch, ...]
    kept: Epoch
    seconds: float
    precision: str


def best_of(history: Sequence[Epoch]) -> Epoch:
    """Return the first epoch with the best validation mIoU."""
    return max(history, key=lambda epoch: (epoch.rank, -epoch.number))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)
