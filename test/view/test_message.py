# SPDX-License-Identifier: Apache-2.0
"""What browsers are sent carries the mask exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.errors import FrameError
from unet_perception.imaging import Frame
from unet_perception.view.message import count_ids, decode, encode
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import JPEG, PNG, Picture, media_type, png

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
STAMP = 1_795_445_239_752_377_562


def smooth(height: int, width: int) -> np.ndarray:
    coarse = np.random.default_rng(1).integers(0, 256, (4, 5, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def pair(ids: np.ndarray | None, picture: Picture | None = None) -> Pair:
    return Pair("front", STAMP, picture or Picture(Frame(RGB, "rgb8")), ids, 41)


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_the_mask_arrives_as_it_was(ids: np.ndarray) -> None:
    head, _, told = decode(encode(pair(ids), 80).message)
    np.testing.assert_array_equal(told, ids)
    assert (head["width"], head["height"]) == (ids.shape[1], ids.shape[0])
    assert dict(map(tuple, head["shares"])) == count_ids(ids)
    assert sum(count_ids(ids).values()) == ids.size


def test_the_head_tells_what_browsers_cannot_know() -> None:
    encoded = encode(pair(np.zeros((6, 8), np.uint8)), 80, [12.3456, 9.0])
    head, picture, _ = decode(encoded.message)
    assert head["camera"] == "front"
    assert head["number"] == encoded.number == 41
    assert head["stamp"] == str(STAMP)
    assert head["latencies"] == [12.35, 9.0]
    assert head["kind"] == media_type(picture) == JPEG


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8", "mono8"])
def test_pictures_have_their_colours_whatever_the_encoding(encoding: str) -> None:
    rgb = smooth(48, 64)
    codes = {"bgr8": cv2.COLOR_RGB2BGR, "rgba8": cv2.COLOR_RGB2RGBA, "bgra8": cv2.COLOR_RGB2BGRA}
    codes["mono8"] = cv2.COLOR_RGB2GRAY
    pixels = cv2.cvtColor(rgb, codes[encoding]) if encoding in codes else rgb
    expected = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if encoding == "mono8" else rgb
    # Rows of the message may be padded.
    padded = np.zeros((48, 80, *pixels.shape[2:]), np.uint8)
    padded[:, :64] = pixels
    picture = Picture(Frame(padded[:, :64], encoding))
    data, _ = picture.encoded(95)
    jpeg = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
    assert np.abs(jpeg.astype(int) - expected).mean() < 6
    exact = cv2.imdecode(np.frombuffer(png(padded[:, :64], encoding), np.uint8), 1)
    np.testing.assert_array_equal(cv2.cvtColor(exact, cv2.COLOR_BGR2RGB), expected)


@pytest.mark.parametrize(("ending", "kind"), [(".jpg", JPEG), (".png", PNG)])
def test_what_comes_compressed_is_passed_on_untouched(ending: str, kind: str) -> None:
    data = bytes(cv2.imencode(ending, RGB)[1])
    picture = Picture(data)
    head, sent, _ = decode(encode(pair(None, picture), 80).message)
    assert sent == data
    assert head["kind"] == kind
    assert (picture.frame.width, picture.frame.height) == (8, 6)


def test_a_picture_alone_has_no_mask() -> None:
    encoded = encode(pair(None), 80)
    assert decode(encoded.message)[2] is None
    assert encoded.shares == {}


def test_what_was_encoded_can_be_had_again() -> None:
    ids = np.arange(48, dtype=np.uint8).reshape(6, 8)
    again = encode(pair(ids), 80).pair()
    assert (again.camera, again.stamp, again.number) == ("front", STAMP, 41)
    np.testing.assert_array_equal(again.ids, ids)
    assert again.picture.frame.pixels.shape[:2] == (6, 8)


def test_other_files_are_refused() -> None:
    with pytest.raises(FrameError, match="neither JPEG nor PNG"):
        encode(pair(None, Picture(b"GIF89a")), 80)


@given(st.binary(max_size=80))
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(data)


@given(st.integers(0, 200))
def test_messages_that_are_cut_short_are_refused(cut: int) -> None:
    message = encode(pair(np.zeros((6, 8), np.uint8)), 80).message
    with pytest.raises(ValueError, match=r".+"):
        decode(message[: min(cut, len(message) - 1)])
