# SPDX-License-Identifier: Apache-2.0
"""Resizing at pixel centres, colouring and blending."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from unet_perception.imaging import (
    Frame,
    InputWriter,
    Painter,
    Upscaler,
    blend,
    colorize,
    frame_from_buffer,
    network_input,
    overlay,
    reorder,
    resize_nearest,
)

CODES = {
    "rgb8": None,
    "bgr8": cv2.COLOR_RGB2BGR,
    "bgra8": cv2.COLOR_RGB2BGRA,
    "rgba8": cv2.COLOR_RGB2RGBA,
}


def random_rgb(height: int = 60, width: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    target=st.tuples(st.integers(1, 70), st.integers(1, 70)),
)
def test_nearest_is_taken_at_pixel_centres(size: tuple[int, int], target: tuple[int, int]) -> None:
    rows, columns = np.indices(size, dtype=np.uint8)
    for axis, indices in enumerate((rows, columns)):
        taken = resize_nearest(indices, target).astype(float)
        scale = size[axis] / target[axis]
        wanted = (np.arange(target[axis]) + 0.5) * scale
        distance = taken + 0.5 - (wanted[:, None] if axis == 0 else wanted)
        # A centre that falls between two pixels may take either.
        assert np.abs(distance).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("encoding", sorted(CODES))
def test_every_colour_encoding_gives_the_same_network_input(encoding: str) -> None:
    rgb = random_rgb()
    code = CODES[encoding]
    pixels = rgb if code is None else np.asarray(cv2.cvtColor(rgb, code), np.uint8)
    expected = resize_nearest(rgb, (12, 16))
    result = network_input(Frame(pixels, encoding), (12, 16))
    assert np.array_equal(result, expected)
    assert result.flags.c_contiguous


def test_mono_becomes_grey() -> None:
    grey = random_rgb()[..., 0].copy()
    result = network_input(Frame(grey, "mono8"), (12, 16))
    assert np.array_equal(result, np.repeat(resize_nearest(grey, (12, 16))[..., None], 3, 2))


def test_padded_rows_do_not_show() -> None:
    rgb = random_rgb()
    padded = np.pad(rgb.reshape(60, -1), ((0, 0), (0, 5)))
    frame = frame_from_buffer(
        padded.tobytes(), width=80, height=60, encoding="rgb8", step=80 * 3 + 5
    )
    assert np.array_equal(network_input(frame, (12, 16)), resize_nearest(rgb, (12, 16)))


def test_upscaling_writes_into_the_given_array_and_invents_no_id() -> None:
    ids = np.array([[3, 200], [7, 0]], np.uint8)
    out = np.full((6, 8), 99, np.uint8)
    result = resize_nearest(ids, (6, 8), out)
    assert np.shares_memory(result, out)
    assert np.array_equal(out, np.kron(ids, np.ones((3, 4), np.uint8)))


def test_colours_come_from_the_palette() -> None:
    palette = np.arange(768, dtype=np.int64).reshape(256, 3).astype(np.uint8)
    ids = np.array([[0, 5], [255, 9]], np.uint8)
    assert np.array_equal(colorize(ids, palette), palette[ids])
    large = colorize(ids, palette, (4, 6))
    assert np.array_equal(large, palette[resize_nearest(ids, (4, 6))])


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_the_overlay_blends_by_alpha(alpha: float) -> None:
    rgb = random_rgb()
    palette = np.full((256, 3), 10, np.uint8)
    palette[4] = (250, 0, 128)
    ids = np.full((6, 8), 4, np.uint8)
    bgra = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), np.uint8)
    out = np.empty_like(rgb)
    result = overlay(Frame(bgra, "bgra8"), ids, palette, alpha, out)
    expected = rgb * (1.0 - alpha) + np.array([250, 0, 128]) * alpha
    assert np.shares_memory(result, out)
    assert np.abs(result - expected).max() <= 1.0


sizes = st.tuples(st.integers(1, 90), st.integers(1, 90))


@given(
    size=sizes, targets=st.lists(sizes, min_size=1, max_size=3), channels=st.sampled_from([0, 3])
)
def test_the_upscaler_takes_the_pixels_that_resizing_takes(
    size: tuple[int, int], targets: list[tuple[int, int]], channels: int
) -> None:
    shape = (*size, channels) if channels else size
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    upscaler = Upscaler()
    # Sizes may change from frame to frame, and back.
    for target in [*targets, targets[0]]:
        out = np.full((*target, *shape[2:]), 99, np.uint8)
        result = upscaler.enlarge(pixels, target, out)
        assert result is out
        expected = resize_nearest(pixels, target)
        assert np.array_equal(out, expected.reshape(out.shape))
        assert np.array_equal(upscaler.enlarge(pixels, target), out)


def test_the_upscaler_follows_the_pictures_size() -> None:
    upscaler = Upscaler()
    for size in ((12, 16), (24, 16), (12, 8)):
        ids = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
        assert np.array_equal(upscaler.enlarge(ids, (60, 80)), resize_nearest(ids, (60, 80)))


@pytest.mark.parametrize("wanted", ["bgra8", "bgr8", "rgb8", "rgba8"])
@pytest.mark.parametrize("sent", [*sorted(CODES), "mono8"])
def test_frames_are_written_into_the_engines_input(sent: str, wanted: str) -> None:
    rgb = random_rgb()
    pixels = rgb[..., 0].copy() if sent == "mono8" else reorder(rgb, "rgb8", sent)
    padded = np.pad(pixels.reshape(60, -1), ((0, 0), (0, 7)))
    frame = frame_from_buffer(
        padded.tobytes(), width=80, height=60, encoding=sent, step=padded.shape[1]
    )
    target = np.full((12, 16, 4 if wanted.endswith("a8") else 3), 99, np.uint8)
    writer = InputWriter(target, wanted)
    for _ in range(2):
        target[...] = 99
        writer.write(frame)
        expected = network_input(frame, (12, 16))
        assert np.array_equal(reorder(target, wanted, "rgb8"), expected)


def test_nothing_that_grows_with_the_picture_is_allocated() -> None:
    import tracemalloc

    frame = Frame(reorder(random_rgb(600, 800), "rgb8", "bgra8"), "bgra8")
    ids = np.random.default_rng(0).integers(0, 13, (96, 128), dtype=np.uint8)
    writer = InputWriter(np.zeros((96, 128, 4), np.uint8), "bgra8")
    upscaler, painter = Upscaler(), Painter(np.zeros((256, 3), np.uint8))
    mask, colors, drawn = (np.zeros((600, 800, *c), np.uint8) for c in ((), (3,), (3,)))

    def serve() -> None:
        writer.write(frame)
        upscaler.enlarge(ids, (600, 800), mask)
        painter.colorize(ids, (600, 800), colors)
        blend(frame, colors, 0.4, drawn)

    serve()
    tracemalloc.start()
    serve()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000


def test_the_painter_draws_what_the_functions_draw() -> None:
    palette = np.random.default_rng(2).integers(0, 256, (256, 3), dtype=np.uint8)
    painter = Painter(palette)
    for size in ((12, 16), (6, 8), (12, 16)):
        ids = np.random.default_rng(3).integers(0, 256, size, dtype=np.uint8)
        out = np.zeros((60, 80, 3), np.uint8)
        colors = painter.colorize(ids, (60, 80), out)
        assert colors is out
        assert np.array_equal(colors, colorize(ids, palette, (60, 80)))
        for encoding in sorted(CODES):
            frame = Frame(reorder(random_rgb(), "rgb8", encoding), encoding)
            drawn = blend(frame, colors, 0.3)
            assert np.array_equal(drawn, overlay(frame, ids, palette, 0.3))
