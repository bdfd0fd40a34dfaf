# SPDX-License-Identifier: Apache-2.0
"""Frames from bytes: every encoding, padded rows, compressed pictures, and lies about size."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import FrameError
from unet_perception.imaging import ENCODINGS, decode_compressed, frame_from_buffer


@given(
    encoding=st.sampled_from(sorted(ENCODINGS)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    padding=st.integers(0, 17),
    last_row_padded=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_pixels_survive_any_size_and_padding(
    encoding: str, size: tuple[int, int], padding: int, last_row_padded: bool, seed: int
) -> None:
    width, height = size
    channels = ENCODINGS[encoding]
    pixels = np.random.default_rng(seed).integers(
        0, 256, (height, width * channels), dtype=np.uint8
    )
    data = np.pad(pixels, ((0, 0), (0, padding)), constant_values=99).tobytes()
    if not last_row_padded and padding:
        data = data[:-padding]
    frame = frame_from_buffer(
        data, width=width, height=height, encoding=encoding, step=width * channels + padding
    )
    assert (frame.height, frame.width) == (height, width)
    assert np.array_equal(frame.pixels.reshape(height, -1), pixels)


def test_the_frame_is_a_view() -> None:
    data = bytearray(4 * 4 * 4)
    frame = frame_from_buffer(data, width=4, height=4, encoding="bgra8", step=16)
    data[5] = 77
    assert frame.pixels[0, 1, 1] == 77


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"encoding": "bayer_rggb8"}, ["'bayer_rggb8'", "bgra8"], id="encoding"),
        pytest.param({"encoding": ""}, ["''"], id="no-encoding"),
        pytest.param({"width": 0}, ["width is 0"], id="no-width"),
        pytest.param({"height": 0}, ["height is 0"], id="no-height"),
        pytest.param({"height": 2**31}, ["height is 2147483648"], id="huge"),
        pytest.param({"step": 15}, ["step is 15", "16"], id="short-step"),
        pytest.param({"step": 2**32 - 1}, ["data is 48"], id="huge-step"),
        pytest.param({"data": bytes(47)}, ["data is 47", "48"], id="short-data"),
        pytest.param({"data": bytes(49)}, ["data is 49"], id="long-data"),
        pytest.param({"data": b""}, ["data is 0"], id="no-data"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], words: list[str]) -> None:
    given_: dict[str, object] = {
        "data": bytes(48),
        "width": 4,
        "height": 3,
        "encoding": "bgra8",
        "step": 16,
    }
    given_.update(changes)
    data = given_.pop("data")
    with pytest.raises(FrameError) as caught:
        frame_from_buffer(data, **given_)  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_compressed_pictures_are_decoded(suffix: str) -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[:, 15:] = (10, 200, 90)
    ok, data = cv2.imencode(suffix, picture)
    assert ok
    frame = decode_compressed(data.tobytes(), suffix[1:])
    assert frame.encoding == "bgr8"
    assert frame.pixels.shape == picture.shape
    assert np.abs(frame.pixels.astype(int) - picture)[:, [5, 25]].max() <= 6


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        png_header(2**31 - 1, 2**31 - 1),
        png_header(16, 16),
    ],
)
def test_damaged_and_boastful_files_are_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="compressed image"):
        decode_compressed(data, "jpeg")


@given(st.data())
def test_damage_never_raises_anything_else(data: st.DataObject) -> None:
    suffix = data.draw(st.sampled_from([".png", ".jpg"]))
    _, file = cv2.imencode(suffix, np.full((9, 11, 3), 100, np.uint8))
    damaged = bytearray(file.tobytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    try:
        frame = decode_compressed(bytes(damaged[:cut]), "x")
    except FrameError:
        return
    assert frame.pixels.ndim == 3
