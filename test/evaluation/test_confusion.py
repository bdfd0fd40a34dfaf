# SPDX-License-Identifier: Apache-2.0
"""Scores against a count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.training.confusion import Confusion

IDS = st.sampled_from([0, 1, 2, 3, 7, 255])


@given(st.data())
def test_scores_equal_a_count_pixel_by_pixel(data: st.DataObject) -> None:
    n = 4
    frames = data.draw(st.integers(1, 3))
    shape = st.tuples(st.integers(1, 6), st.integers(1, 6))
    confusion = Confusion(n)
    truths: list[int] = []
    guesses: list[int] = []
    for _ in range(frames):
        truth = data.draw(arrays(np.uint8, shape, elements=IDS))
        guess = data.draw(arrays(np.uint8, truth.shape, elements=IDS))
        confusion.update(truth, guess)
        for t, g in zip(truth.ravel().tolist(), guess.ravel().tolist(), strict=True):
            if t < n:
                truths.append(t)
                guesses.append(g)
    scores = confusion.scores()
    pixels = list(zip(truths, guesses, strict=True))
    expected = {}
    for c in range(n):
        either = sum(c in (t, g) for t, g in pixels)
        if either:
            expected[c] = sum(t == c and g == c for t, g in pixels) / either
        assert scores.support[c] == truths.count(c)
    assert scores.iou == pytest.approx(expected)
    if pixels:
        assert scores.accuracy == pytest.approx(sum(t == g for t, g in pixels) / len(pixels))
        assert scores.miou == pytest.approx(sum(expected.values()) / len(expected))
    else:
        assert math.isnan(scores.accuracy)
        assert math.isnan(scores.miou)


def test_one_matrix_for_the_set_is_not_the_mean_of_frames() -> None:
    confusion = Confusion(2)
    confusion.update(np.zeros((1, 9), np.uint8), np.zeros((1, 9), np.uint8))
    confusion.update(np.array([[0, 1]], np.uint8), np.array([[1, 1]], np.uint8))
    assert confusion.scores().miou == pytest.approx((9 / 10 + 1 / 2) / 2)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ"):
        Confusion(2).update(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))
