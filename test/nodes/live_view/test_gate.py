# SPDX-License-Identifier: Apache-2.0
"""Pictures are taken after their masks, and anyhow where that does not work."""

from __future__ import annotations

import pytest
from still_clock import StillClock

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.nodes.live_view.gate import MASKLESS_S, PAIRLESS_S, PictureGate


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def gate(clock: StillClock) -> PictureGate:
    """A gate that has just seen a pair."""
    result = PictureGate(clock)
    result.hear_mask()
    result.took(1, paired=True)
    return result


def test_at_first_pictures_are_taken(clock: StillClock) -> None:
    assert PictureGate(clock).is_open


def test_then_only_for_a_mask_that_is_wanted(gate: PictureGate) -> None:
    assert not gate.is_open
    gate.want(5)
    assert gate.is_open
    gate.took(4, paired=False)
    assert gate.is_open
    gate.took(5, paired=True)
    assert not gate.is_open


def test_a_picture_behind_the_one_that_is_wanted_says_that_it_is_gone(gate: PictureGate) -> None:
    gate.want(5)
    gate.took(6, paired=False)
    assert not gate.is_open


def test_without_masks_pictures_are_taken(gate: PictureGate, clock: StillClock) -> None:
    clock.now += MASKLESS_S + 0.1
    assert gate.is_open


def test_without_pairs_pictures_are_taken(gate: PictureGate, clock: StillClock) -> None:
    for _ in range(4):
        clock.now += PAIRLESS_S / 3
        gate.hear_mask()
    assert gate.is_open
    gate.took(9, paired=True)
    assert not gate.is_open
