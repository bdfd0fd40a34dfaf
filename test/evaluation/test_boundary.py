# SPDX-License-Identifier: Apache-2.0
"""Boundary F-scores against distances that are measured pair by pair."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.evaluation.boundary import BoundaryTally, boundary_f1

SHAPE = st.tuples(st.integers(1, 9), st.integers(1, 9))
IDS = st.sampled_from([0, 1, 2, 255])


def outline(ids: np.ndarray, class_id: int) -> list[tuple[int, int]]:
    height, width = ids.shape
    return [
        (y, x)
        for y in range(height)
        for x in range(width)
        if ids[y, x] == class_id
        and any(
            0 <= v < height and 0 <= u < width and ids[v, u] not in (class_id, 255)
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
        )
    ]


def share(points: list[tuple[int, int]], others: list[tuple[int, int]], reach: float) -> float:
    near = [any(math.dist(p, o) <= reach + 1e-4 for o in others) for p in points]
    return sum(near) / len(near)


def test_all_columns_of_a_narrow_picture_count() -> None:
    # OpenCV 4.8's boundingRect leaves the last one out.
    truth, guess = np.zeros((4, 3), np.uint8), np.zeros((4, 3), np.uint8)
    truth[0, 0] = guess[3, 1] = 1
    assert boundary_f1(truth, guess, 3, 0.3) == pytest.approx({0: 0.4, 1: 0.0})


@settings(max_examples=60)
@given(st.data(), st.sampled_from([0.05, 0.11, 0.3]))
def test_f1_is_that_of_distances_measured_one_by_one(data: st.DataObject, tolerance: float) -> None:
    truth = data.draw(arrays(np.uint8, SHAPE, elements=IDS))
    guess = data.draw(arrays(np.uint8, truth.shape, elements=st.sampled_from([0, 1, 2])))
    expected = {}
    counted = np.where(truth == 255, np.uint8(255), guess)
    for c in range(3):
        true, found = outline(truth, c), outline(counted, c)
        if true and found:
            reach = tolerance * math.hypot(*truth.shape)
            p, r = share(found, true, reach), share(true, found, reach)
            expected[c] = 2 * p * r / (p + r) if p + r else 0.0
        elif true or found:
            expected[c] = 0.0
    assert boundary_f1(truth, guess, 3, tolerance) == pytest.approx(expected)


def test_an_outline_may_be_off_by_the_tolerance_and_no_more() -> None:
    # 60 x 80: the diagonal is 100, so the paper's tolerance is 0.75 pixels and 2 % are 2 pixels.
    truth = np.zeros((60, 80), np.uint8)
    truth[:, 40:] = 1
    for shift, expected in ((0, 1.0), (2, 1.0), (3, 0.0)):
        guess = np.roll(truth, shift, axis=1)
        guess[:, :shift] = 0
        f1 = boundary_f1(truth, guess, 2, 0.02)
        assert f1 == pytest.approx({0: expected, 1: expected})


def test_a_class_scores_the_mean_over_the_frames_that_have_it() -> None:
    tally = BoundaryTally(3)
    assert math.isnan(tally.scores().mean)
    tally.update({0: 1.0, 1: 0.5})
    tally.update({0: 0.0})
    assert tally.scores().f1 == {0: 0.5, 1: 0.5}
    assert tally.scores().mean == 0.5


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ"):
        boundary_f1(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), 2)
