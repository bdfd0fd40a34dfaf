# SPDX-License-Identifier: Apache-2.0
"""Sampling a frame: picture and mask at the same place, the edge unlabeled, the node's grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")

from unet_perception.imaging import resize_nearest
from unet_perception.training.augment import Augmentation
from unet_perception.training.augment.geometry import View, draw_view, sample

STILL = Augmentation.none()


def coordinates(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A frame whose pixels say where they are, and a mask that says the same."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.uint8)
    return np.dstack([x, y, y]), (x // 7 + 10 * (y // 9)).astype(np.uint8)


def view(settings: Augmentation, frame: tuple[int, int], size: tuple[int, int], seed: int) -> View:
    return draw_view(np.random.default_rng(seed), settings, frame, size, size)


@pytest.mark.parametrize("seed", range(20))
def test_picture_and_mask_are_taken_at_the_same_place(seed: int) -> None:
    image, mask = coordinates((120, 160))
    settings = Augmentation(zoom_min=0.5, zoom_max=1.2, rotation=10.0, shift=0.2)
    pixels, ids = sample(image, mask, view(settings, (120, 160), (48, 64), seed))
    inside = ids != 255
    x, y = pixels[..., 0].astype(int), pixels[..., 1].astype(int)
    assert np.array_equal(ids[inside], (x // 7 + 10 * (y // 9))[inside])
    assert inside.any()


@pytest.mark.parametrize("frame", [(600, 800), (80, 160), (480, 640)])
def test_the_grid_is_the_nodes_where_nothing_moves(frame: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*frame, 3), np.uint8)
    mask = rng.integers(0, 13, frame, np.uint8)
    size = (96, 128)
    plain = sample(image, mask, view(STILL, frame, size, 0))
    # All but still: mirrored in no case, though it could be.
    drawn = view(replace(STILL, flip=1e-12), frame, size, 0)
    assert drawn.matrix is not None
    moved = sample(image, mask, replace(drawn, linear=False))
    for one, other in zip(plain, moved, strict=True):
        assert np.mean(one == other) > 0.99
    assert np.array_equal(plain[0], resize_nearest(image, size))


def test_a_mirrored_frame_is_the_frame_mirrored() -> None:
    image, mask = coordinates((96, 128))
    pixels, ids = sample(image, mask, view(replace(STILL, flip=1.0), (96, 128), (96, 128), 0))
    assert np.array_equal(pixels, image[:, ::-1])
    assert np.array_equal(ids, mask[:, ::-1])


def test_beyond_the_edge_nothing_is_labeled() -> None:
    image, mask = coordinates((96, 128))
    half = replace(STILL, zoom_min=0.5, zoom_max=0.5)
    ids = sample(image, mask, view(half, (96, 128), (96, 128), 0))[1]
    assert (ids != 255).sum() == 48 * 64
    assert (ids[24:72, 32:96] != 255).all()


def test_colours_are_mixed_only_where_things_are_magnified() -> None:
    zoomed = replace(STILL, zoom_min=2.0, zoom_max=2.0)
    assert not view(zoomed, (600, 800), (96, 128), 0).linear
    assert view(zoomed, (96, 128), (96, 128), 0).linear
    # Where the node repeats a small frame's pixels, training does so half of the time.
    assert {view(zoomed, (48, 64), (96, 128), seed).linear for seed in range(20)} == {True, False}


def test_square_keeps_the_shape_of_things_in_a_wide_frame() -> None:
    wide = view(replace(STILL, square=1.0), (80, 160), (96, 128), 0).matrix
    assert wide is not None
    assert wide[0, 0] == pytest.approx(wide[1, 1])
    squeezed = view(replace(STILL, shift=1e-9), (80, 160), (96, 128), 0).matrix
    assert squeezed is not None
    assert (squeezed[0, 0], squeezed[1, 1]) == pytest.approx((160 / 128, 80 / 96))


@pytest.mark.parametrize("seed", range(10))
def test_the_horizon_is_followed(seed: int) -> None:
    settings = Augmentation(rotation=0.0)
    frame, size = (400, 600), (96, 128)
    drawn = view(settings, frame, size, seed)
    assert drawn.matrix is not None
    row = drawn.horizon * size[0] - 0.5
    in_frame = drawn.matrix[1] @ (0.0, row, 1.0)
    assert in_frame == pytest.approx(200, abs=0.06 * 400)
    column = drawn.centre * size[1] - 0.5
    assert drawn.matrix[0] @ (column, 0.0, 1.0) == pytest.approx(299.5, abs=1e-6)
