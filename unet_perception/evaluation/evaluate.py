# SPDX-License-Identifier: Apache-2.0
"""Scoring a segmenter on datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import Pair
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.errors import ConfigError
from unet_perception.evaluation.boundary import TOLERANCE, BoundaryTally, boundary_f1
from unet_perception.evaluation.confusion import Confusion
from unet_perception.evaluation.result import (
    DATASET,
    TOWN,
    WEATHER,
    DatasetFacts,
    Evaluation,
    FrameScore,
    Slice,
)
from unet_perception.evaluation.truth import Truth, distinct_names, places
from unet_perception.imaging import Frame, resize_nearest
from unet_perception.labels import UNLABELED, LabelSet
from unet_perception.segmenter import Segmenter

RESOLUTIONS = ("camera", "network")


@dataclass(frozen=True)
class Terms:
    """On what terms truth and prediction are compared.

    Attributes:
        resolution: ``camera`` compares every camera pixel with the mask that the node would
            publish; ``network`` compares at the network's size.
        ignore_below: Camera row from which on nothing is counted: a bonnet that is in every
            frame is easy, and raises every score.
        tolerance: Of the boundary F-score, as a share of the frame's diagonal.
    """

    resolution: str = "camera"
    ignore_below: int | None = None
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
        """
        if self.resolution not in RESOLUTIONS:
            raise ConfigError(
                f"resolution is {self.resolution!r}; it must be one of {', '.join(RESOLUTIONS)}"
            )
        if self.ignore_below is not None and self.ignore_below < 1:
            raise ConfigError(f"ignore_below is {self.ignore_below}; it must be 1 or more")
        if not 0 < self.tolerance <= 0.1:
            raise ConfigError(
                f"boundary_tolerance is {self.tolerance!r}; it must be above 0 and at most 0.1"
            )


@dataclass(frozen=True)
class View:
    """A frame as it is compared: all in the dataset's ``label_set``, uint8 ``(H, W)``.

    Attributes:
        image: The camera's picture, RGB uint8 ``(H, W, 3)``.
        truth: Class ids, 255 where nothing is counted.
        predicted: The network's answer.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    predicted: NDArray[np.uint8]


class Viewer:
    """Sends pairs through a segmenter. Several threads may call it."""

    def __init__(self, segmenter: Segmenter, terms: Terms) -> None:
        """Join what predicts and how it is compared."""
        self._segmenter = segmenter
        self._terms = terms
        self._lock = Lock()

    def view(self, truth: Truth, pair: Pair) -> View:
        """Return a pair's picture, truth and prediction at the resolution of the terms.

        Raises:
            DatasetError: The pair is unreadable, or of two sizes.
            EngineError: The engine failed.
        """
        image, mask = truth.read(pair)
        if self._terms.ignore_below is not None:
            mask[self._terms.ignore_below :] = UNLABELED
        with self._lock:
            result = self._segmenter.segment(Frame(image, "rgb8"))
            # The engine's own memory, which the next thread's frame overwrites.
            ids = result.ids.copy()
        if self._terms.resolution == "camera":
            return View(image, mask, truth.comparable(result.mask))
        small = resize_nearest(mask, ids.shape)
        return View(image, small, truth.comparable(ids))


class Tally:
    """What a group of frames adds up to."""

    def __init__(self, kind: str, name: str, label_set: LabelSet) -> None:
        """Start with no frame counted."""
        self.kind, self.name, self.label_set = kind, name, label_set
        self._frames = 0
        self._confusion = Confusion(label_set.n_classes)
        self._boundary = BoundaryTally(label_set.n_classes)

    def update(self, confusion: Confusion, f1: Mapping[int, float]) -> None:
        """Count a frame."""
        self._frames += 1
        self._confusion.add(confusion)
        self._boundary.update(f1)

    def slice(self) -> Slice:
        """Return the scores so far."""
        return Slice(
            kind=self.kind,
            name=self.name,
            label_set=self.label_set,
            frames=self._frames,
            scores=self._confusion.scores(),
            boundary=self._boundary.scores(),
            confusion=self._confusion.matrix,
        )


def evaluate(
    segmenter: Segmenter,
    truths: Sequence[Truth],
    terms: Terms | None = None,
    watch: Watch = unwatched,
) -> Evaluation:
    """Compare a segmenter's masks with those of datasets.

    Args:
        segmenter: Model and engine, as the node uses them.
        truths: The datasets, at least one.
        terms: How; camera resolution and all rows unless said.
        watch: Told how far it is.

    Raises:
        DatasetError: A pair is unreadable, or of two sizes.
        EngineError: The engine failed.
    """
    terms = terms or Terms()
    viewer = Viewer(segmenter, terms)
    items = [(number, pair) for number, truth in enumerate(truths) for pair in truth.pairs]

    def score(item: tuple[int, Pair]) -> tuple[Confusion, dict[int, float]]:
        truth = truths[item[0]]
        view = viewer.view(truth, item[1])
        n_classes = truth.label_set.n_classes
        confusion = Confusion(n_classes)
        confusion.update(view.truth, view.predicted)
        return confusion, boundary_f1(view.truth, view.predicted, n_classes, terms.tolerance)

    names = distinct_names([truth.name for truth in truths])
    where = [places(truth) for truth in truths]
    tallies: dict[tuple[str, str, str], Tally] = {}
    frames = []
    for (number, pair), (confusion, f1) in zip(items, in_order(score, items, watch), strict=True):
        towns, weathers = where[number]
        for kind, name in (
            ("", ""),
            (DATASET, names[number]),
            (TOWN, towns.get(pair.name, "")),
            (WEATHER, weathers.get(pair.name, "")),
        ):
            if name or not kind:
                label_set = truths[number].label_set
                key = (kind, name, label_set.name)
                if key not in tallies:
                    tallies[key] = Tally(kind, name, label_set)
                tallies[key].update(confusion, f1)
        scores = confusion.scores()
        frames.append(FrameScore(number, pair.name, scores.miou, scores.accuracy))
    slices = {key: tally.slice() for key, tally in tallies.items()}
    own = ("", "", segmenter.label_set.name)
    facts = [
        DatasetFacts(name, truth.split, truth.description)
        for name, truth in zip(names, truths, strict=True)
    ]
    return Evaluation(
        datasets=facts,
        overall=slices.get(own) or slices["", "", truths[0].label_set.name],
        slices=[
            *(slices[key] for key in slices if key[0] == DATASET),
            *(slices[key] for kind in (TOWN, WEATHER) for key in sorted(slices) if key[0] == kind),
        ],
        frames=frames,
        settings=_settings(segmenter, terms),
    )


def _settings(segmenter: Segmenter, terms: Terms) -> dict[str, object]:
    info, bundle = segmenter.engine.info, segmenter.bundle
    return {
        "model": bundle.path.resolve().name,
        "sha256": bundle.sha256,
        "engine": info.name,
        "precision": info.precision,
        "resolution": terms.resolution,
        "ignore_below": terms.ignore_below,
        "boundary_tolerance": terms.tolerance,
    }
