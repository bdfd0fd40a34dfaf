# SPDX-License-Identifier: Apache-2.0
"""The loss, against sums over softmax probabilities written out pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.labels import LabelClass, LabelSet

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.loss import (  # noqa: E402
    LossSums,
    SegmentationLoss,
    dice_loss,
    lovasz_loss,
)
from unet_perception.training.targets import Targets  # noqa: E402

FIVE = LabelSet("five", tuple(LabelClass(i, f"c{i}", (0, 0, 0)) for i in range(5)))
TARGETS = Targets(FIVE, ((0, 2, 4), (1, 3)))
WEIGHTS = np.array([1.0, 0.5, 2.0, 3.0, 0.25, 1.5, 0.75], np.float32)
IDS = [*range(7), 255]


def draw(seed: int, ids: list[int] = IDS) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    logits = torch.tensor(rng.normal(0, 3, (2, 5, 4, 3)), dtype=torch.float32, requires_grad=True)
    return logits, torch.tensor(rng.choice(ids, (2, 4, 3)), dtype=torch.uint8)


def brute_force(logits: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The weighted sum of -log(sum of probabilities), and the sum of weights."""
    probabilities = logits.double().softmax(1)
    total, weights = probabilities.new_zeros(()), 0.0
    for n, y, x in np.ndindex(*masks.shape):
        training_id = int(masks[n, y, x])
        if training_id == 255:
            continue
        members = np.flatnonzero(TARGETS.members[training_id])
        weight = float(WEIGHTS[training_id])
        total = total - weight * torch.log(sum(probabilities[n, c, y, x] for c in members))
        weights += weight
    return total, weights


@given(st.integers(0, 10_000))
def test_partial_labels_cost_what_their_classes_miss_together(seed: int) -> None:
    logits, masks = draw(seed)
    loss = SegmentationLoss(TARGETS, WEIGHTS)
    sums = loss(logits, masks)
    expected, weights = brute_force(logits, masks)
    assert sums.pixel.item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-5)
    assert float(loss.pixel_weights(masks)) == pytest.approx(weights)
    (ours,) = torch.autograd.grad(sums.pixel, logits)
    (theirs,) = torch.autograd.grad(expected, logits)
    torch.testing.assert_close(ours, theirs.float(), rtol=1e-3, atol=1e-5)
    assert (sums.region.item(), sums.pictures) == (0.0, 2)


def test_single_classes_are_cross_entropy() -> None:
    logits, masks = draw(3, [0, 1, 2, 3, 4, 255])
    ours = SegmentationLoss(Targets(FIVE), WEIGHTS[:5])(logits, masks).pixel
    theirs = torch.nn.functional.cross_entropy(
        logits, masks.long(), torch.tensor(WEIGHTS[:5]), ignore_index=255, reduction="sum"
    )
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_without_weights_all_pixels_count_alike() -> None:
    logits, masks = draw(4)
    plain = SegmentationLoss(TARGETS)
    ones = SegmentationLoss(TARGETS, np.ones(7, np.float32))
    assert plain(logits, masks).pixel.item() == ones(logits, masks).pixel.item()
    assert float(plain.pixel_weights(masks)) == int((masks != 255).sum())


def test_smoothing_is_that_of_torch() -> None:
    logits, masks = draw(5, [0, 1, 2, 3, 4, 255])
    ours = SegmentationLoss(TARGETS, label_smoothing=0.2)(logits, masks).pixel
    theirs = torch.nn.functional.cross_entropy(
        logits, masks.long(), ignore_index=255, label_smoothing=0.2, reduction="sum"
    )
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_it_is_all_computed_in_float32() -> None:
    logits, masks = draw(6)
    loss = SegmentationLoss(TARGETS, WEIGHTS, dice=1.0, lovasz=1.0)
    half = logits.detach().bfloat16()
    expected = loss(half.float(), masks)
    with torch.autocast("cpu", torch.bfloat16):
        sums = loss(half, masks)
    for ours, theirs in ((sums.pixel, expected.pixel), (sums.region, expected.region)):
        assert ours.dtype == torch.float32
        assert ours.item() == theirs.item()


def test_ids_as_bytes_or_words_and_any_memory_layout_give_the_same() -> None:
    logits, masks = draw(7)
    loss = SegmentationLoss(TARGETS, WEIGHTS, dice=1.0, lovasz=1.0)
    expected = loss(logits, masks)
    other = loss(logits.contiguous(memory_format=torch.channels_last), masks.long())
    assert other.pixel.item() == pytest.approx(expected.pixel.item(), rel=1e-6)
    assert other.region.item() == pytest.approx(expected.region.item(), rel=1e-6)
    assert loss.pixel_weights(masks) == loss.pixel_weights(masks.long())


def test_extreme_scores_stay_numbers() -> None:
    logits = torch.full((1, 5, 1, 2), -1e4)
    logits[:, 3] = 1e4
    logits.requires_grad_()
    sums = SegmentationLoss(TARGETS, WEIGHTS, dice=1.0, lovasz=1.0)(
        logits, torch.tensor([[[5, 0]]], dtype=torch.uint8)
    )
    (gradient,) = torch.autograd.grad(sums.pixel + sums.region, logits)
    assert math.isfinite(sums.pixel.item())
    assert torch.isfinite(gradient).all()


def test_pictures_without_a_label_cost_nothing() -> None:
    logits, _ = draw(1)
    nothing = torch.full((2, 4, 3), 255, dtype=torch.uint8)
    loss = SegmentationLoss(TARGETS, WEIGHTS, dice=1.0, lovasz=1.0)
    sums = loss(logits, nothing)
    assert (sums.pixel.item(), sums.region.item(), float(loss.pixel_weights(nothing))) == (0, 0, 0)


@given(st.integers(0, 1000))
def test_parts_add_up_to_the_whole(seed: int) -> None:
    logits, masks = draw(seed)
    loss = SegmentationLoss(TARGETS, WEIGHTS, dice=0.5, lovasz=0.5)
    whole = loss(logits, masks)
    parts: list[LossSums] = [loss(logits[i : i + 1], masks[i : i + 1]) for i in range(2)]
    for key in ("pixel", "region"):
        added = sum(getattr(part, key).item() for part in parts)
        assert getattr(whole, key).item() == pytest.approx(added, rel=1e-4, abs=1e-5)


def region(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    logits, masks = draw(seed, [0, 1, 2, 255])
    flat = masks.flatten(1).long()
    return logits.detach().softmax(1).flatten(2), flat.clamp(max=4), flat != 255


@pytest.mark.parametrize("loss", [dice_loss, lovasz_loss])
def test_gradients_of_region_losses(loss: Callable[..., torch.Tensor]) -> None:
    _, classes, counted = region(8)
    # Numeric differences hold where no two errors are equal and no small step swaps two.
    scores = torch.rand(2, 5, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    scores.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: loss(p, classes, counted), scores, eps=1e-7)


@given(st.integers(0, 1000))
def test_region_losses_do_not_see_pixels_that_are_not_counted(seed: int) -> None:
    probabilities, classes, counted = region(seed)
    changed = torch.where(counted[:, None], probabilities, probabilities.flip(1))
    for loss in (dice_loss, lovasz_loss):
        torch.testing.assert_close(
            loss(probabilities, classes, counted), loss(changed, classes, counted)
        )


@given(st.integers(0, 1000))
def test_dice_by_hand(seed: int) -> None:
    probabilities, classes, counted = region(seed)
    for n, loss in enumerate(dice_loss(probabilities, classes, counted)):
        p, c = probabilities[n][:, counted[n]], classes[n][counted[n]]
        by_class = [
            1 - (2 * p[k][c == k].sum() + 1) / (p[k].sum() + (c == k).sum() + 1)
            for k in range(5)
            if (c == k).any()
        ]
        expected = sum(by_class) / len(by_class) if by_class else 0.0
        assert float(loss) == pytest.approx(float(expected), abs=1e-5)


@given(st.integers(0, 1000))
def test_lovasz_of_soft_answers_is_the_sum_over_level_sets(seed: int) -> None:
    """The extension's other definition: the integral of Jaccard's loss over all thresholds."""
    probabilities, classes, counted = region(seed)
    for n, loss in enumerate(lovasz_loss(probabilities, classes, counted)):
        p, c = probabilities[n][:, counted[n]].double(), classes[n][counted[n]]
        by_class = []
        for k in range(5):
            is_k = c == k
            if not is_k.any():
                continue
            errors = (is_k.double() - p[k]).abs()
            levels = [0.0, *sorted(errors.tolist())]
            integral = 0.0
            for low, high in pairwise(levels):
                wrong = errors > low
                integral += (high - low) * float(wrong.sum() / (is_k | wrong).sum())
            by_class.append(integral)
        expected = sum(by_class) / len(by_class) if by_class else 0.0
        assert float(loss) == pytest.approx(expected, abs=1e-5)


@given(st.integers(0, 1000))
def test_lovasz_of_hard_answers_is_one_minus_iou(seed: int) -> None:
    probabilities, classes, counted = region(seed)
    answers = probabilities.argmax(1)
    hard = torch.nn.functional.one_hot(answers, 5).permute(0, 2, 1).float()
    for n, loss in enumerate(lovasz_loss(hard, classes, counted)):
        a, c = answers[n][counted[n]], classes[n][counted[n]]
        ious = [
            float(((a == k) & (c == k)).sum() / ((a == k) | (c == k)).sum())
            for k in range(5)
            if (c == k).any()
        ]
        expected = 1 - sum(ious) / len(ious) if ious else 0.0
        assert float(loss) == pytest.approx(expected, abs=1e-5)
