# SPDX-License-Identifier: Apache-2.0
"""A frame for people: picture, truth, prediction, and where the prediction is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.evaluation.evaluate import View, Viewer
from unet_perception.evaluation.result import FrameScore
from unet_perception.evaluation.truth import Truth
from unet_perception.imaging import colorize
from unet_perception.labels import UNLABELED, LabelSet

WIDTH = 400
"""Columns of a shot's pictures."""

WRONG = (236, 64, 56)
HATCH = np.array([(36, 38, 44), (96, 100, 110)], np.uint8)
"""Stripes where nothing is counted; plain grey is the colour of buildings."""

STRIPE = 6
APART = (0.12, 0.06, 0.03)
"""Shares of a dataset's frames between two shots, the first that leaves enough: neighbours look
alike."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """One frame, RGB uint8 ``(H, W, 3)`` each.

    Attributes:
        frame: How it went.
        picture: The camera's.
        truth: The true classes' colours; hatched where nothing is counted.
        prediction: The predicted classes' colours.
        error: Red where the prediction is wrong, over the dimmed picture; hatched where nothing
            is counted.
    """

    frame: FrameScore
    picture: Picture
    truth: Picture
    prediction: Picture
    error: Picture


def best_and_worst(
    frames: Sequence[FrameScore], count: int
) -> tuple[list[FrameScore], list[FrameScore]]:
    """Return the best frames, best first, and the worst, worst first; none is in both.

    Args:
        frames: Of one dataset, in the order of its pairs.
        count: How many of each at most, 1 or more.
    """
    scored = [index for index, frame in enumerate(frames) if not math.isnan(frame.miou)]
    ranked = sorted(scored, key=lambda index: -frames[index].miou)
    half = (len(ranked) + 1) // 2
    return _apart(frames, ranked[:half], count), _apart(frames, ranked[half:][::-1], count)


def _apart(frames: Sequence[FrameScore], ranked: Sequence[int], count: int) -> list[FrameScore]:
    """Return the first of a ranking, without neighbours of those that were taken before."""
    taken: list[int] = []
    for share in APART:
        taken = []
        for index in ranked:
            if all(abs(index - other) >= share * len(frames) for other in taken):
                taken.append(index)
        if len(taken) >= count:
            break
    return [frames[index] for index in taken[:count]]


def take_shot(viewer: Viewer, truth: Truth, frame: FrameScore) -> Shot:
    """Predict a frame once more and draw it.

    Raises:
        DatasetError: The pair cannot be read any more.
        EngineError: The engine failed.
    """
    pair = next(pair for pair in truth.pairs if pair.name == frame.name)
    return draw_shot(frame, viewer.view(truth, pair), truth.label_set)


def draw_shot(frame: FrameScore, view: View, label_set: LabelSet) -> Shot:
    """Draw a frame that was predicted."""
    height, width = view.image.shape[:2]
    size = (max(1, round(height * WIDTH / width)), WIDTH)
    # Shrinking averages; a picture smaller than this is shown with its own pixels.
    way = cv2.INTER_AREA if width > WIDTH else cv2.INTER_NEAREST
    picture = np.asarray(cv2.resize(view.image, size[::-1], interpolation=way), np.uint8)
    uncounted = _sized(view.truth == UNLABELED, size)
    wrong = _sized((view.truth != view.predicted) & (view.truth != UNLABELED), size)
    truth = colorize(view.truth, label_set.palette, size)
    rows, columns = np.nonzero(uncounted)
    stripes = HATCH[(rows + columns) // STRIPE % 2]
    truth[uncounted] = stripes
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None].repeat(3, axis=2)
    error = (grey * 0.45 + 20).astype(np.uint8)
    error[wrong] = (0.35 * error[wrong] + 0.65 * np.array(WRONG)).astype(np.uint8)
    error[uncounted] = stripes
    return Shot(
        frame=frame,
        picture=picture,
        truth=truth,
        prediction=colorize(view.predicted, label_set.palette, size),
        error=error,
    )


def _sized(flags: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    small = cv2.resize(flags.view(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(small).astype(bool)
