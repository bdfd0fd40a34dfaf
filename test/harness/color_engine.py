# SPDX-License-Identifier: Apache-2.0
"""A segmenter whose answer stands in the picture: the class id is in the red channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.spec import ModelSpec
from unet_perception.segmenter import Segmenter


class ColorEngine(Engine):
    """Answers with the red channel; as real engines do, from memory of its own."""

    def __init__(self, size: tuple[int, int], batch: int = 1) -> None:
        self.info = EngineInfo("red", "1", "fp32", "none", "asked for")
        self.encoding = "rgb8"
        self.inputs = np.zeros((batch, *size, 3), np.uint8)
        self._ids = np.zeros((batch, *size), np.uint8)
        self.calls = 0
        self.closed = False

    def infer_all(self) -> np.ndarray:
        self.calls += 1
        np.copyto(self._ids, self.inputs[..., 0])
        return self._ids

    def close(self) -> None:
        self.closed = True


def color_segmenter(
    label_set: str = "carla-0.8",
    size: tuple[int, int] = (24, 32),
    batches: tuple[int, ...] = (),
    **training: Any,
) -> Segmenter:
    spec = ModelSpec(2, size, load_label_set(label_set), training)
    bundle = ModelBundle(Path("red"), spec, b"", "0" * 64)
    return Segmenter(bundle, ColorEngine(size), [ColorEngine(size, batch) for batch in batches])


def picture(answer: np.ndarray) -> np.ndarray:
    """The picture on which a network answers so, ``(H, W)`` at its size or a multiple of it."""
    return np.dstack([answer, np.full_like(answer, 90), np.full_like(answer, 120)])
