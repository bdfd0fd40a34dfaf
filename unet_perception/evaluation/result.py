# SPDX-License-Identifier: Apache-2.0
"""What an evaluation finds, and its form as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.evaluation.boundary import BoundaryScores
from unet_perception.evaluation.confusion import Scores
from unet_perception.labels import LabelSet

DATASET, TOWN, WEATHER = "dataset", "town", "weather"
KINDS = (DATASET, TOWN, WEATHER)
"""By what frames are grouped."""


@dataclass(frozen=True)
class Slice:
    """Scores of a group of frames.

    Attributes:
        kind: One of ``KINDS``; empty for all frames of a label set.
        name: Of the dataset, town or weather.
        label_set: In which truth and prediction were compared.
        frames: How many.
        scores: From one confusion matrix.
        boundary: Boundary F-scores.
        confusion: Pixels by true class (row) and predicted class (column), int64
            ``(n, n + 1)``; the last column is for predictions outside the classes.
    """

    kind: str
    name: str
    label_set: LabelSet
    frames: int
    scores: Scores
    boundary: BoundaryScores
    confusion: NDArray[np.int64]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it; a score that does not exist is null."""
        scores, f1 = self.scores, self.boundary.f1
        names = {label.id: label.name for label in self.label_set.classes}
        # A network may answer with an id that its label set leaves free.
        ids = sorted({*names, *scores.iou})
        return {
            "name": self.name,
            "label_set": self.label_set.name,
            "pairs": self.frames,
            "miou": or_none(scores.miou),
            "accuracy": or_none(scores.accuracy),
            "fwiou": or_none(scores.fwiou),
            "boundary_f": or_none(self.boundary.mean),
            "classes": {
                names.get(i, str(i)): {
                    "id": i,
                    "iou": scores.iou.get(i),
                    "precision": scores.precision.get(i),
                    "recall": scores.recall.get(i),
                    "boundary_f": f1.get(i),
                    "pixels": scores.support[i],
                }
                for i in ids
            },
        }


@dataclass(frozen=True)
class FrameScore:
    """How one frame went.

    Attributes:
        dataset: Position of its dataset in ``Evaluation.datasets``.
        name: Of the pair.
        miou: Mean IoU over the classes of this frame alone; NaN where nothing was counted.
        accuracy: Share of its pixels with the right class.
    """

    dataset: int
    name: str
    miou: float
    accuracy: float


@dataclass(frozen=True)
class DatasetFacts:
    """What was scored.

    Attributes:
        name: Of the dataset; distinct.
        split: Which of its pairs.
        description: On its label set, for people; may be empty.
    """

    name: str
    split: str
    description: str


@dataclass(frozen=True)
class Evaluation:
    """All that was found.

    Attributes:
        datasets: What was scored, in the order asked for.
        overall: All frames of the datasets that are compared in the network's own label set;
            where there are none, those that are compared as the first dataset is.
        slices: By dataset (in their order), town and weather (by name).
        frames: Every frame.
        settings: Resolution, engine and so on, as JSON takes them.
    """

    datasets: Sequence[DatasetFacts]
    overall: Slice
    slices: Sequence[Slice]
    frames: Sequence[FrameScore]
    settings: Mapping[str, Any]

    def by(self, kind: str) -> list[Slice]:
        """Return the slices of a kind."""
        return [part for part in self.slices if part.kind == kind]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            **self.settings,
            **{key: value for key, value in self.overall.as_dict().items() if key != "name"},
            "datasets": [
                {
                    **part.as_dict(),
                    "split": facts.split,
                    "description": facts.description,
                    "confusion": part.confusion.tolist(),
                }
                for facts, part in zip(self.datasets, self.by(DATASET), strict=True)
            ],
            "towns": [part.as_dict() for part in self.by(TOWN)],
            "weathers": [part.as_dict() for part in self.by(WEATHER)],
            "frames": [
                {
                    "dataset": self.datasets[frame.dataset].name,
                    "name": frame.name,
                    "miou": or_none(frame.miou),
                    "accuracy": or_none(frame.accuracy),
                }
                for frame in self.frames
            ],
        }


def or_none(value: float) -> float | None:
    """Return a score as JSON takes it, which has no NaN: where no pixel counts there is none."""
    return None if math.isnan(value) else value
