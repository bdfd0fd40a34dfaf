# SPDX-License-Identifier: Apache-2.0
"""Whose frame is next: the newest of each camera, and every camera in its turn."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.ros.transport.turns import Turns

CAMERAS = 4

PUT = st.tuples(st.just("put"), st.integers(0, CAMERAS - 1))
TAKE = st.tuples(st.just("take"), st.integers(1, CAMERAS + 1))


def test_a_newer_item_replaces_one_that_nobody_took() -> None:
    turns: Turns[int] = Turns(1)
    assert not turns.put(0, 1)
    assert turns.put(0, 2)
    assert turns.take() == [(0, 2)]
    assert not turns.put(0, 3)
    assert turns.take(5) == [(0, 3)]


def test_the_camera_whose_turn_is_longest_ago_is_next() -> None:
    turns: Turns[str] = Turns(3)
    for camera, item in enumerate(("a1", "b1", "c1")):
        turns.put(camera, item)
    assert turns.take(2) == [(0, "a1"), (1, "b1")]
    # Both come again, and before the third is served; it is next all the same.
    turns.put(1, "b2")
    turns.put(0, "a2")
    assert turns.put(2, "c2")
    assert turns.take(2) == [(2, "c2"), (0, "a2")]
    assert turns.take(2) == [(1, "b2")]


@given(st.lists(st.one_of(PUT, TAKE), max_size=200))
def test_the_rules_hold_whatever_happens(steps: list[tuple[str, int]]) -> None:
    turns: Turns[int] = Turns(CAMERAS)
    newest: dict[int, int] = {}  # What waits, by camera.
    handed: dict[int, int] = {}  # What was handed out last, by camera.
    passed: dict[int, Counter[int]] = {}  # For each that waits: who was served meanwhile.
    puts = replaced = taken = 0
    for number, (step, value) in enumerate(steps):
        if step == "put":
            puts += 1
            was_waiting = value in newest
            assert turns.put(value, number) is was_waiting
            replaced += was_waiting
            newest[value] = number
            passed.setdefault(value, Counter())
        elif newest:
            got = turns.take(value)
            # As many as wait, up to the limit, none twice.
            assert len(got) == min(value, len(newest))
            assert len(dict(got)) == len(got)
            for camera, item in got:
                # Never an older one than was handed out, and never less than the newest.
                assert item == newest.pop(camera)
                assert item > handed.get(camera, -1)
                handed[camera] = item
                taken += 1
                del passed[camera]
                for others in passed.values():
                    others[camera] += 1
            # None starves: while a camera waits, no other is served twice.
            assert all(count == 1 for others in passed.values() for count in others.values())
    while newest:
        for camera, item in turns.take(1):
            assert item == newest.pop(camera)
            taken += 1
    assert taken + replaced == puts


def test_a_fast_camera_takes_no_turns_of_a_slow_one() -> None:
    turns: Turns[int] = Turns(2)
    served: list[int] = []
    for number in range(300):
        for _ in range(10):
            turns.put(0, number)
        if number % 3 == 0:
            turns.put(1, number)
        served += [camera for camera, _ in turns.take(1)]
    assert served.count(1) == 100


def test_overloaded_cameras_share_alike() -> None:
    turns: Turns[int] = Turns(CAMERAS)
    served: Counter[int] = Counter()
    for number in range(1000):
        # Always in this order: by their arrival the last ones would be left out most often.
        for camera in range(CAMERAS):
            turns.put(camera, number)
        served.update(camera for camera, _ in turns.take(1 + number % 3))
    assert max(served.values()) - min(served.values()) <= 1


def test_take_waits_for_an_item() -> None:
    turns: Turns[str] = Turns(2)
    timer = threading.Timer(0.05, turns.put, [1, "frame"])
    timer.start()
    assert turns.take(2) == [(1, "frame")]
    timer.join()


def test_close_ends_a_waiting_take_and_every_later_one() -> None:
    turns: Turns[int] = Turns(1)
    timer = threading.Timer(0.05, turns.close)
    timer.start()
    assert turns.take() == []
    timer.join()
    turns.put(0, 1)
    assert turns.take() == []


@pytest.mark.parametrize("camera", [-1, 2])
def test_a_camera_that_there_is_not_is_refused(camera: int) -> None:
    turns: Turns[int] = Turns(2)
    with pytest.raises(IndexError, match=f"camera is {camera}"):
        turns.put(camera, 1)


def test_every_item_of_many_threads_is_either_taken_or_counted_as_replaced() -> None:
    turns: Turns[int] = Turns(CAMERAS)
    items = 3000
    taken: dict[int, list[int]] = {camera: [] for camera in range(CAMERAS)}
    replaced: Counter[int] = Counter()

    def take() -> None:
        while any(not seen or seen[-1] < items for seen in taken.values()):
            for camera, item in turns.take(3):
                taken[camera].append(item)

    def put(camera: int) -> None:
        for number in range(1, items + 1):
            replaced[camera] += turns.put(camera, number)

    taker = threading.Thread(target=take)
    putters = [threading.Thread(target=put, args=(camera,)) for camera in range(CAMERAS)]
    for thread in (taker, *putters):
        thread.start()
    for thread in (*putters, taker):
        thread.join(30)
    assert not taker.is_alive()
    for camera, seen in taken.items():
        assert seen == sorted(set(seen))
        assert seen[-1] == items
        assert len(seen) + replaced[camera] == items
