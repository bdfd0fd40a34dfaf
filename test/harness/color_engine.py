# SPDX-License-Identifier: Apache-2.0
"""A segmenter whose answer stands in the picture: the class id is in the red channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unet_perception.engines.engine import EngineInfo
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.spec import ModelSpec
from unet_perception.segmenter import Segmenter


class ColorEngine:
    """Answers with the red channel; as real engines do, from memory of its own."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.info = EngineInfo("red", "1", "fp32", "none", "asked for")
        self.encoding = "rgb8"
        self.input = np.zeros((*size, 3), np.uint8)
        self._ids = np.zeros(size, np.uint8)

    def infer(self, image: np.ndarray | None = None) -> np.ndarray:
        if image is not None:
            np.copyto(self.input, image)
        np.copyto(self._ids, self.input[..., 0])
        return self._ids

    def close(self) -> None:
        pass


def color_segmenter(
    label_set: str = "carla-0.8", size: tuple[int, int] = (24, 32), **training: Any
) -> Segmenter:
    spec = ModelSpec(2, size, load_label_set(label_set), training)
    return Segmenter(ModelBundle(Path("red"), spec, b"", "0" * 64), ColorEngine(size))


def picture(answer: np.ndarray) -> np.ndarray:
    """The picture on which a network answers so, ``(H, W)`` at its size or a multiple of it."""
    return np.dstack([answer, np.full_like(answer, 90), np.full_like(answer, 120)])
