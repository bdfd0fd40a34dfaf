# SPDX-License-Identifier: Apache-2.0
"""Pictures meet their own masks, not too many, and nothing piles up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.imaging import Frame
from unet_perception.view.pairing import ALONE_S, MOST_MASKS, Pairing
from unet_perception.view.pictures import Picture

PICTURE_BYTES = 2 * 3 * 3


def picture(value: int = 0) -> Picture:
    return Picture(Frame(np.full((2, 3, 3), value, np.uint8), "rgb8"))


def ids(value: int = 0) -> Any:
    return np.full((2, 3), value, np.uint8)


def pairing(rate: float = 1000.0, **settings: int) -> Pairing:
    return Pairing("front", rate, 0.0, **settings)


def test_a_picture_and_the_mask_of_its_stamp_are_a_pair() -> None:
    pairs = pairing()
    assert pairs.put_picture(7, picture(1), 0.0) is None
    assert pairs.put_mask(6, ids(9), 0.01) is None
    pair = pairs.put_mask(7, ids(2), 0.02)
    assert pair is not None
    assert (pair.camera, pair.stamp) == ("front", 7)
    assert pair.picture.frame.pixels[0, 0, 0] == 1
    assert pair.ids is not None
    assert pair.ids[0, 0] == 2


def test_a_mask_may_come_before_its_picture() -> None:
    pairs = pairing()
    assert pairs.put_mask(7, ids(2), 0.0) is None
    pair = pairs.put_picture(7, picture(1), 0.01)
    assert pair is not None
    assert pair.ids is not None
    assert pair.ids[0, 0] == 2


def test_stamps_may_go_back() -> None:
    pairs = pairing()
    for number, stamp in enumerate((1000, 1001, 5, 6)):
        pairs.put_picture(stamp, picture(), number * 0.1)
        assert pairs.put_mask(stamp, ids(), number * 0.1 + 0.05) is not None


def test_older_pictures_are_given_up_with_the_pair() -> None:
    pairs = pairing()
    for stamp in range(5):
        pairs.put_picture(stamp, picture(), 0.0)
    pairs.put_mask(3, ids(), 0.0)
    assert pairs.waiting == PICTURE_BYTES
    assert pairs.put_mask(2, ids(), 0.1) is None


def test_without_masks_pictures_are_shown_alone_after_a_while() -> None:
    pairs = pairing(rate=10.0)
    assert pairs.put_picture(1, picture(), ALONE_S / 2) is None
    pair = pairs.put_picture(2, picture(), ALONE_S * 1.5)
    assert pair is not None
    assert pair.ids is None
    # And a mask that comes at last is shown with its picture.
    pairs.put_picture(3, picture(), ALONE_S * 1.5 + 0.2)
    assert pairs.put_mask(3, ids(), ALONE_S * 1.5 + 0.3) is not None


def test_masks_that_are_only_heard_of_keep_pictures_from_being_shown_alone() -> None:
    pairs = pairing()
    pairs.hear_mask(5.0)
    assert pairs.put_picture(1, picture(), 5.0 + ALONE_S / 2) is None


@given(st.lists(st.sampled_from(["picture", "mask"]), max_size=200), st.integers(1, 5))
def test_what_waits_is_bounded(kinds: list[str], most: int) -> None:
    pairs = pairing(most_bytes=most * PICTURE_BYTES)
    for number, kind in enumerate(kinds):
        if kind == "picture":
            pairs.put_picture(2 * number, picture(), 0.0)
        else:
            pairs.put_mask(2 * number + 1, ids(), 0.0)
        assert pairs.waiting <= most * PICTURE_BYTES
        assert len(pairs._masks) <= MOST_MASKS


@pytest.mark.parametrize(("rate", "most"), [(30.0, 20.0), (20.0, 10.0), (60.0, 10.0), (10.0, 20.0)])
def test_pairs_come_at_the_rate_that_is_wanted_or_the_cameras(rate: float, most: float) -> None:
    pairs = pairing(rate=most)
    found = 0
    for number in range(int(rate * 10)):
        now = number / rate
        if pairs.is_due(now):
            pairs.put_picture(number, picture(), now)
        found += pairs.put_mask(number, ids(), now + 0.005) is not None
    assert found == pytest.approx(10 * min(rate, most), abs=3)


def test_frames_that_never_get_a_mask_do_not_lower_the_rate() -> None:
    # The perception node drops every second frame of 20 Hz; 10 are wanted.
    pairs = pairing(rate=10.0)
    found = 0
    for number in range(200):
        now = number / 20.0
        if pairs.is_due(now):
            pairs.put_picture(number, picture(), now)
        if number % 2:
            found += pairs.put_mask(number, ids(), now + 0.02) is not None
    assert found == pytest.approx(100, abs=4)
