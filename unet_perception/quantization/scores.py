# SPDX-License-Identifier: Apache-2.0
"""What another precision costs, measured on frames that it was not calibrated on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import MaskReader, Pair
from unet_perception.engines import open_engine
from unet_perception.evaluation.confusion import Confusion, Scores
from unet_perception.imaging import Frame
from unet_perception.model.bundle import ModelBundle
from unet_perception.segmenter import Segmenter


@dataclass(frozen=True)
class Answers:
    """What a network answers on a set of frames.

    Attributes:
        ids: Class ids at the network's size, of one frame each.
        scores: Of the camera's pixels, against the truth.
    """

    ids: list[NDArray[np.uint8]]
    scores: Scores


def answers(
    bundle: ModelBundle, precision: str, sets: Sequence[tuple[Path, Sequence[Pair]]]
) -> Answers:
    """Run a network on the processor, as the node would.

    Args:
        bundle: The network.
        precision: See ``open_engine``.
        sets: Datasets and their pairs.

    Raises:
        EngineError: The precision is not to be had.
        DatasetError: A pair is unreadable.
        LabelSetError: A dataset's label set has no map to the model's.
    """
    segmenter = Segmenter(bundle, open_engine(bundle, "openvino", precision))
    confusion = Confusion(bundle.spec.n_classes)
    ids = []
    try:
        for root, pairs in sets:
            reader = MaskReader(root, bundle.spec.label_set)
            for pair in pairs:
                image, truth = reader.read_pair(pair)
                result = segmenter.segment(Frame(image, "rgb8"))
                confusion.update(truth, result.mask)
                ids.append(result.ids.copy())
    finally:
        segmenter.close()
    return Answers(ids, confusion.scores())


def cost(reference: Answers, other: Answers) -> dict[str, Any]:
    """Return what a bundle records on a precision: plain JSON values.

    Args:
        reference: The answers in fp32.
        other: The answers in the other precision, on the same frames.
    """
    same = [float((a == b).mean()) for a, b in zip(reference.ids, other.ids, strict=True)]
    return {
        "pixel_agreement": float(np.mean(same)),
        "least_frame_agreement": min(same),
        "miou_fp32": reference.scores.miou,
        "miou": other.scores.miou,
        "miou_loss": reference.scores.miou - other.scores.miou,
        "frames": len(same),
    }
