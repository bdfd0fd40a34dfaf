# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.nodes.carla_bridge.images import PIXEL_FORMATS

BGRA = np.random.default_rng(1).integers(0, 256, (6, 8, 4), np.uint8)


@pytest.mark.parametrize("kind", ["rgb", "instance_segmentation"])
def test_pictures_stay_as_they_come(kind: str) -> None:
    out = np.zeros_like(BGRA)
    PIXEL_FORMATS[kind].write(BGRA, out)
    assert PIXEL_FORMATS[kind].encoding == "bgra8"
    assert np.array_equal(out, BGRA)


def test_class_ids_are_the_red_byte() -> None:
    out = np.zeros((6, 8), np.uint8)
    PIXEL_FORMATS["semantic_segmentation"].write(BGRA, out)
    assert PIXEL_FORMATS["semantic_segmentation"].encoding == "mono8"
    assert np.array_equal(out, BGRA[..., 2])


@given(st.floats(0, 1000))
def test_depth_is_metres(metres: float) -> None:
    steps = round(metres / 1000 * (256**3 - 1))
    bgra = np.full((2, 3, 4), (steps >> 16, steps >> 8 & 255, steps & 255, 255), np.uint8)
    out = np.zeros((2, 3), np.float32)
    PIXEL_FORMATS["depth"].write(bgra, out)
    assert PIXEL_FORMATS["depth"].encoding == "32FC1"
    assert out == pytest.approx(np.full((2, 3), metres), abs=1e-3)
