# SPDX-License-Identifier: Apache-2.0
"""Figures of picture, true mask and predicted mask."""

from __future__ import annotations

from pathlib import Path

import cv2

from unet_perception.dataset.parallel import Watch, unwatched
from unet_perception.dataset.samples import spread
from unet_perception.evaluation.evaluate import Terms, Viewer
from unet_perception.evaluation.truth import Truth
from unet_perception.imaging import colorize
from unet_perception.prediction.predict import write_picture
from unet_perception.prediction.sheet import draw_triplet
from unet_perception.segmenter import Segmenter

FOLDER = "triplets"


def write_triplets(
    segmenter: Segmenter, truth: Truth, folder: Path, count: int, watch: Watch = unwatched
) -> int:
    """Write a PNG file for some pairs of a dataset; return how many.

    Args:
        segmenter: Model and engine, as the node uses them.
        truth: The dataset.
        folder: To write into; it exists.
        count: How many pairs, evenly spread.
        watch: Told how far it is.

    Raises:
        DatasetError: A pair is unreadable, or a figure cannot be written.
        EngineError: The engine failed.
    """
    viewer = Viewer(segmenter, Terms())
    chosen = spread(truth.pairs, count)
    palette = truth.label_set.palette
    for number, pair in enumerate(chosen):
        view = viewer.view(truth, pair)
        figure = draw_triplet(
            view.image,
            colorize(view.truth, palette),
            colorize(view.predicted, palette),
            truth.label_set,
        )
        path = folder / FOLDER / f"{pair.name}.png"
        write_picture(path, cv2.cvtColor(figure, cv2.COLOR_RGB2BGR))
        watch(number + 1, len(chosen))
    return len(chosen)
