# SPDX-License-Identifier: Apache-2.0
"""Scores against a count by hand, and against torchmetrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.evaluation.confusion import Confusion

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
        # Frames that are counted apart and added are the same as one count.
        one = Confusion(n)
        one.update(truth, guess)
        confusion.add(one)
        for t, g in zip(truth.ravel().tolist(), guess.ravel().tolist(), strict=True):
            if t < n:
                truths.append(t)
                guesses.append(g)
    scores = confusion.scores()
    pixels = list(zip(truths, guesses, strict=True))
    iou, precision, recall = {}, {}, {}
    for c in range(n):
        either = sum(c in (t, g) for t, g in pixels)
        both = sum(t == c and g == c for t, g in pixels)
        if either:
            iou[c] = both / either
        if c in guesses:
            precision[c] = both / guesses.count(c)
        if c in truths:
            recall[c] = both / truths.count(c)
        assert scores.support[c] == truths.count(c)
    assert scores.iou == pytest.approx(iou)
    assert scores.precision == pytest.approx(precision)
    assert scores.recall == pytest.approx(recall)
    if pixels:
        assert scores.accuracy == pytest.approx(sum(t == g for t, g in pixels) / len(pixels))
        assert scores.miou == pytest.approx(sum(iou.values()) / len(iou))
        assert scores.fwiou == pytest.approx(np.mean([iou[t] for t in truths]))
    else:
        assert math.isnan(scores.accuracy)
        assert math.isnan(scores.miou)
        assert math.isnan(scores.fwiou)


def test_one_matrix_for_the_set_is_not_the_mean_of_frames() -> None:
    confusion = Confusion(2)
    confusion.update(np.zeros((1, 9), np.uint8), np.zeros((1, 9), np.uint8))
    confusion.update(np.array([[0, 1]], np.uint8), np.array([[1, 1]], np.uint8))
    assert confusion.scores().miou == pytest.approx((9 / 10 + 1 / 2) / 2)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ"):
        Confusion(2).update(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="2 classes"):
        Confusion(2).add(Confusion(3))


def test_scores_equal_those_of_torchmetrics() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    metrics = pytest.importorskip(
        "torchmetrics.classification", reason="torchmetrics is not installed"
    )
    n = 6
    rng = np.random.default_rng(5)
    truth = rng.integers(0, n, (4, 30, 40)).astype(np.uint8)
    guess = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, n, truth.shape))
    guess = guess.astype(np.uint8)
    truth[rng.random(truth.shape) < 0.1] = 255
    confusion = Confusion(n)
    for t, g in zip(truth, guess, strict=True):
        confusion.update(t, g)
    scores = confusion.scores()
    tensors = torch.from_numpy(guess.astype(int)), torch.from_numpy(truth.astype(int))

    def theirs(name: str, average: str | None = None) -> list[float]:
        options = {"average": average} if average else {}
        metric = getattr(metrics, f"Multiclass{name}")(n, ignore_index=255, **options)
        return metric(*tensors).tolist()

    assert confusion.matrix[:, :n].tolist() == theirs("ConfusionMatrix")
    assert list(scores.iou.values()) == pytest.approx(theirs("JaccardIndex", "none"))
    assert scores.miou == pytest.approx(theirs("JaccardIndex", "macro"))
    assert scores.fwiou == pytest.approx(theirs("JaccardIndex", "weighted"))
    assert list(scores.precision.values()) == pytest.approx(theirs("Precision", "none"))
    assert list(scores.recall.values()) == pytest.approx(theirs("Recall", "none"))
    assert scores.accuracy == pytest.approx(theirs("Accuracy", "micro"))
