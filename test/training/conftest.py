# SPDX-License-Identifier: Apache-2.0
"""Small datasets, and one thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.dataset import write_pair

ROAD = 7


@pytest.fixture(autouse=True)
def always(one_thread: None) -> None:
    """Train on one thread in every test of this folder."""


@pytest.fixture
def two_colours(tmp_path: Path) -> Callable[..., Path]:
    """Makes folders of pairs: left of some column dark and None, right of it bright and Roads."""

    def make(name: str = "drive", count: int = 4, unlabeled: int = 0) -> Path:
        rng = np.random.default_rng(0)
        for number in range(count):
            ids = np.zeros((16, 32), np.uint8)
            ids[:, int(rng.integers(8, 24)) :] = ROAD
            bright = np.where(ids == ROAD, np.uint8(200), np.uint8(40))
            if number >= count - unlabeled:
                ids[:] = 255
            write_pair(tmp_path / name, f"{number:04d}", np.stack([bright] * 3, axis=2), ids)
        return tmp_path / name

    return make


@pytest.fixture
def load(two_colours: Callable[..., Path]) -> Callable[..., Any]:
    """Reads such a folder as the data of a run."""
    from unet_perception.dataset.sources import Source
    from unet_perception.labels import load_label_set
    from unet_perception.training.data import load_data

    def make(count: int = 4, held_out: float = 0.0, **how: Any) -> Any:
        root = two_colours(count=count, **how)
        return load_data([Source(root, hold_out=held_out)], load_label_set("carla-0.8"))

    return make
