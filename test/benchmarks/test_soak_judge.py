# SPDX-License-Identifier: Apache-2.0
"""The soak's judge must see what must never happen; a soak that cannot fail shows nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from soak_judge import KEPT, Judge
from soak_scene import Scene

CAMERA = "ego_vehicle/rgb_front"
SIZE = (120, 160)


@pytest.fixture(scope="module")
def scene() -> Scene:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (3, *SIZE, 4), np.uint8)
    return Scene(pictures, *rng.integers(0, 13, (2, 3, *SIZE), np.uint8))


@pytest.fixture
def judge(scene: Scene) -> Judge:
    return Judge(scene, CAMERA)


def test_what_is_right_is_counted(judge: Judge, scene: Scene) -> None:
    for number in range(3):
        judge.frame(number, CAMERA, scene.pictures[number], 10.0 + number)
        judge.ids("truth", number, CAMERA, scene.truths[number])
        judge.ids("mask", number, CAMERA, scene.masks[number])
    assert judge.tally.frames == 3
    assert judge.tally.right == {"mask": 3, "truth": 3}
    assert judge.tally.last_right == 12.0
    assert judge.tally.broken == []


def test_an_answer_may_come_before_its_frame(judge: Judge, scene: Scene) -> None:
    judge.ids("mask", 5, CAMERA, scene.masks[1])
    assert judge.tally.right["mask"] == 0
    judge.frame(5, CAMERA, scene.pictures[1], 1.0)
    assert judge.tally.right["mask"] == 1


def test_one_wrong_pixel_is_seen(judge: Judge, scene: Scene) -> None:
    judge.frame(5, CAMERA, scene.pictures[1], 1.0)
    wrong = scene.masks[1].copy()
    wrong[-1, -1] ^= 1
    judge.ids("mask", 5, CAMERA, wrong)
    assert judge.tally.broken == ["the mask of 5 ns is not its frame's"]
    assert judge.tally.right["mask"] == 0


def test_another_frames_mask_is_seen(judge: Judge, scene: Scene) -> None:
    judge.frame(5, CAMERA, scene.pictures[1], 1.0)
    judge.frame(6, CAMERA, scene.pictures[2], 1.0)
    judge.ids("mask", 5, CAMERA, scene.masks[2])
    judge.ids("truth", 6, CAMERA, scene.truths[1])
    assert len(judge.tally.broken) == 2


def test_a_mask_that_comes_twice_is_seen(judge: Judge, scene: Scene) -> None:
    judge.frame(5, CAMERA, scene.pictures[1], 1.0)
    for _ in range(2):
        judge.ids("mask", 5, CAMERA, scene.masks[1])
    assert judge.tally.broken == ["the mask of 5 ns came twice"]


def test_a_server_that_was_started_anew_counts_from_0_again(judge: Judge, scene: Scene) -> None:
    for number in (1, 2):
        judge.frame(5, CAMERA, scene.pictures[number], float(number))
    judge.ids("mask", 5, CAMERA, scene.masks[2])
    judge.ids("mask", 5, CAMERA, scene.masks[1])
    assert judge.tally.broken == []
    assert judge.tally.last_right == 2.0


def test_a_torn_frame_is_seen(judge: Judge, scene: Scene) -> None:
    torn = scene.pictures[1].copy()
    torn[SIZE[0] // 2 :] = scene.pictures[2][SIZE[0] // 2 :]
    judge.frame(5, CAMERA, torn, 1.0)
    assert judge.tally.broken == ["the frame of 5 ns is no picture that was played"]


def test_a_mask_of_garbage_is_seen_by_its_header(judge: Judge, scene: Scene) -> None:
    judge.frame(5, "garbage", scene.pictures[0], 1.0)
    assert judge.tally.broken == []
    judge.ids("mask", 5, "garbage", scene.masks[0])
    assert judge.tally.broken == ["a mask has the header of 'garbage'"]


def test_old_frames_are_forgotten(judge: Judge, scene: Scene) -> None:
    for stamp in range(KEPT + 1):
        judge.frame(stamp, CAMERA, scene.pictures[stamp % 3], 1.0)
    judge.ids("mask", 0, CAMERA, scene.masks[0])
    assert judge.tally.right["mask"] == 0
    judge.ids("mask", KEPT, CAMERA, scene.masks[KEPT % 3])
    assert judge.tally.right["mask"] == 1


def test_what_never_finds_its_frame_is_counted(judge: Judge, scene: Scene) -> None:
    small: Any = scene.masks[0][:2, :2]
    for stamp in range(250):
        judge.ids("mask", stamp, CAMERA, small)
    assert judge.tally.unmatched == {"mask": 50, "truth": 0}
