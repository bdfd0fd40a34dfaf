# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from unet_perception.imaging import Frame, network_input
from unet_perception.nodes.perception.unchanged import LastInput

SIZE = (12, 16)


def picture(seed: int, height: int = 60, width: int = 80) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame(rng.integers(0, 256, (height, width, 4), np.uint8), "bgra8")


def test_only_what_the_network_sees_counts() -> None:
    last = LastInput(SIZE)
    frame = picture(1)
    assert not last.is_same(frame)
    assert last.is_same(picture(1))
    seen = network_input(frame, SIZE)
    rows, columns = np.nonzero(np.ones(frame.pixels.shape[:2]))
    for row, column in zip(rows[::37], columns[::37], strict=True):
        changed = Frame(frame.pixels.copy(), "bgra8")
        changed.pixels[row, column, :3] ^= 0xFF
        # Equal inputs, and nothing but equal inputs, are the same.
        assert last.is_same(changed) == np.array_equal(network_input(changed, SIZE), seen)
        last.is_same(frame)


def test_another_picture_or_size_is_another_frame() -> None:
    last = LastInput(SIZE)
    last.is_same(picture(1))
    assert not last.is_same(picture(2))
    assert last.is_same(picture(2))
    grey = Frame(np.full((60, 80, 3), 7, np.uint8), "rgb8")
    larger = Frame(np.full((120, 160, 3), 7, np.uint8), "rgb8")
    last.is_same(grey)
    assert last.is_same(grey)
    assert not last.is_same(larger)


def test_forgotten_frames_are_new() -> None:
    last = LastInput(SIZE)
    last.is_same(picture(1))
    last.forget()
    assert not last.is_same(picture(1))
