# SPDX-License-Identifier: Apache-2.0
"""PNG files of our own making: every decoder reads the very pixels."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.dataset import png
from unet_perception.dataset.png import encode_ids, encode_picture

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))


def decoded(data: bytes, flags: int = cv2.IMREAD_UNCHANGED) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert pixels is not None
    return pixels


@given(
    pixels=SIZES.flatmap(
        lambda size: st.sampled_from([3, 4]).flatmap(lambda c: arrays(np.uint8, (*size, c)))
    )
)
def test_a_picture_comes_back(pixels: np.ndarray) -> None:
    found = decoded(encode_picture(pixels))
    assert found.shape == (*pixels.shape[:2], 3)
    assert np.array_equal(found, pixels[..., :3])


@given(ids=SIZES.flatmap(lambda size: arrays(np.uint8, size)))
def test_a_mask_comes_back_in_red(ids: np.ndarray) -> None:
    found = decoded(encode_ids(ids))
    assert np.array_equal(found[..., 2], ids)
    assert not found[..., :2].any()
    assert found.shape[2] == 3


def test_large_noise_and_views_come_back() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 4), np.uint8)
    noise.flags.writeable = False
    for view in (noise, noise[..., :3], noise[::-1, ::2, :3], noise[..., 2::-1]):
        assert np.array_equal(decoded(encode_picture(view)), view[..., :3])
    assert np.array_equal(decoded(encode_ids(noise[..., 2]))[..., 2], noise[..., 2])


def test_other_decoders_agree(tmp_path: object) -> None:
    image = pytest.importorskip("PIL.Image")
    import io

    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    with image.open(io.BytesIO(encode_picture(noise))) as opened:
        opened.verify()
    with image.open(io.BytesIO(encode_picture(noise))) as opened:
        assert opened.mode == "RGB"
        assert np.array_equal(np.asarray(opened), noise[..., ::-1])


def test_zlib_is_as_good_where_isal_is_missing() -> None:
    code = """
import sys
sys.modules["isal"] = None
import cv2, numpy as np
from unet_perception.dataset import png
assert png.COMPRESSOR == "zlib", png.COMPRESSOR
noise = np.random.default_rng(0).integers(0, 9, (60, 80, 3), np.uint8)
data = np.frombuffer(png.encode_picture(noise), np.uint8)
assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), noise)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    found = importlib.util.find_spec("isal") is not None
    assert ("isal" if found else "zlib") == png.COMPRESSOR


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a picture is uint8"):
        encode_picture(wrong)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4), np.int32), np.zeros((4, 4, 3), np.uint8), np.zeros((4, 0), np.uint8)],
)
def test_what_is_no_mask_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a mask is uint8"):
        encode_ids(wrong)
