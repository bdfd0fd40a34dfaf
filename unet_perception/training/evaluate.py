# SPDX-License-Identifier: Apache-2.0
"""Scoring a segmenter on a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unet_perception.dataset import MaskReader, Pair, read_image
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.imaging import Frame, resize_nearest
from unet_perception.segmenter import Segmenter
from unet_perception.training.confusion import Confusion, Scores

RESOLUTIONS = ("camera", "network")


def evaluate(
    segmenter: Segmenter, root: Path, pairs: Sequence[Pair], resolution: str = "camera"
) -> Scores:
    """Compare a segmenter's masks with a dataset's.

    Args:
        segmenter: Model and engine, as the node uses them.
        root: The dataset's folder, for its label set.
        pairs: The pairs to score.
        resolution: ``camera`` compares every camera pixel with the mask that the node would
            publish; ``network`` compares at the network's size.

    Raises:
        ConfigError: The resolution is unknown.
        DatasetError: A pair is unreadable, or of two sizes.
        LabelSetError: The dataset's label set has no map to the model's.
    """
    if resolution not in RESOLUTIONS:
        raise ConfigError(
            f"resolution is {resolution!r}; it must be one of {', '.join(RESOLUTIONS)}"
        )
    masks_of = MaskReader(root, segmenter.label_set)
    confusion = Confusion(segmenter.label_set.n_classes)
    for pair in pairs:
        image, truth = read_image(pair.image), masks_of.read(pair)
        if image.shape[:2] != truth.shape:
            raise DatasetError(f"{pair.image}: differs in size from its mask")
        result = segmenter.segment(Frame(image, "rgb8"))
        if resolution == "camera":
            confusion.update(truth, result.mask)
        else:
            confusion.update(resize_nearest(truth, result.ids.shape), result.ids)
    return confusion.scores()
