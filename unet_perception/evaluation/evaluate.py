# SPDX-License-Identifier: Apache-2.0
"""Scoring a segmenter on a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unet_perception.dataset import MaskReader, Pair
from unet_perception.errors import ConfigError
from unet_perception.imaging import Frame, resize_nearest
from unet_perception.labels import UNLABELED
from unet_perception.segmenter import Segmenter
from unet_perception.training.confusion import Confusion, Scores

RESOLUTIONS = ("camera", "network")


def evaluate(
    segmenter: Segmenter,
    root: Path,
    pairs: Sequence[Pair],
    resolution: str = "camera",
    ignore_below: int | None = None,
) -> Scores:
    """Compare a segmenter's masks with a dataset's.

    Args:
        segmenter: Model and engine, as the node uses them.
        root: The dataset's folder, for its label set.
        pairs: The pairs to score.
        resolution: ``camera`` compares every camera pixel with the mask that the node would
            publish; ``network`` compares at the network's size.
        ignore_below: Camera row from which on nothing is counted: a bonnet that is in every
            frame is easy, and raises every score.

    Raises:
        ConfigError: The resolution is unknown, or no row would be counted.
        DatasetError: A pair is unreadable, or of two sizes.
        LabelSetError: The dataset's label set has no map to the model's.
    """
    if resolution not in RESOLUTIONS:
        raise ConfigError(
            f"resolution is {resolution!r}; it must be one of {', '.join(RESOLUTIONS)}"
        )
    if ignore_below is not None and ignore_below < 1:
        raise ConfigError(f"ignore_below is {ignore_below}; it must be 1 or more")
    masks_of = MaskReader(root, segmenter.label_set)
    confusion = Confusion(segmenter.label_set.n_classes)
    for pair in pairs:
        image, truth = masks_of.read_pair(pair)
        if ignore_below is not None:
            truth[ignore_below:] = UNLABELED
        result = segmenter.segment(Frame(image, "rgb8"))
        if resolution == "camera":
            confusion.update(truth, result.mask)
        else:
            confusion.update(resize_nearest(truth, result.ids.shape), result.ids)
    return confusion.scores()
