# SPDX-License-Identifier: Apache-2.0
"""Frames that stand for many, and tiles that are not stretched."""

from __future__ import annotations

import numpy as np
import pytest

from unet_perception.imaging.contact_sheet import fitted
from unet_perception.prediction.sheet import Spread


@pytest.mark.parametrize("total", [0, 1, 3, 4, 7, 16, 17, 100, 1001])
def test_frames_are_spread_over_all(total: int) -> None:
    spread = Spread(4)
    for number in range(total):
        sample = {"n": np.array([number])} if spread.wants else None
        spread.add(sample)
    numbers = [int(sample["n"][0]) for sample in spread.samples()]
    assert len(numbers) == min(4, total)
    assert numbers == sorted(set(numbers))
    if total > 4:
        gaps = np.diff([-total / 8, *numbers, total + total / 8])
        assert gaps.max() < 2.2 * total / 4


@pytest.mark.parametrize("size", [(600, 800), (80, 160), (1080, 1920), (900, 300), (1, 5000)])
def test_a_tile_keeps_the_shape_of_its_picture(size: tuple[int, int]) -> None:
    tile = fitted(np.full((*size, 3), 255, np.uint8))
    assert tile.shape == (300, 400, 3)
    rows, columns = np.nonzero((tile == 255).all(axis=2))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert height == 300 or width == 400
    assert abs(height / width - size[0] / size[1]) < 0.01
