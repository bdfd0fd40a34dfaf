# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.nodes.turns import Turns


def test_the_newest_replaces_what_nobody_took() -> None:
    turns: Turns[int] = Turns(1)
    assert [turns.put(0, number) for number in (1, 2, 3)] == [False, True, True]
    assert turns.take() == [(0, 3)]
    assert not turns.put(0, 4)


def test_take_waits_for_a_put() -> None:
    turns: Turns[str] = Turns(2)
    taken: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: taken.extend(turns.take()))
    thread.start()
    time.sleep(0.05)
    assert taken == []
    turns.put(1, "frame")
    thread.join(10)
    assert taken == [(1, "frame")]


def test_close_wakes_every_taker_and_stays() -> None:
    turns: Turns[int] = Turns(1)
    results: list[list[tuple[int, int]]] = []
    threads = [threading.Thread(target=lambda: results.append(turns.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    turns.close()
    for thread in threads:
        thread.join(10)
    assert results == [[], [], []]
    turns.put(0, 1)
    assert turns.take() == []


def test_who_began_to_wait_first_is_first_whatever_came_since() -> None:
    turns: Turns[str] = Turns(3)
    turns.put(2, "a")
    turns.put(0, "b")
    turns.put(2, "c")
    turns.put(1, "d")
    assert turns.take(2) == [(2, "c"), (0, "b")]
    turns.put(2, "e")
    assert turns.take(5) == [(1, "d"), (2, "e")]


@pytest.mark.parametrize("camera", [-1, 3])
def test_there_is_no_other_camera(camera: int) -> None:
    with pytest.raises(IndexError):
        Turns[int](3).put(camera, 1)


Step = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 3)),
    st.tuples(st.just("take"), st.integers(1, 4)),
)


@given(st.lists(Step, max_size=100))
def test_each_camera_gets_its_newest_once_in_order_and_none_starves(
    steps: list[tuple[str, int]],
) -> None:
    turns: Turns[int] = Turns(4)
    put = dict.fromkeys(range(4), 0)
    last = dict.fromkeys(range(4), 0)
    overtaken = dict.fromkeys(range(4), 0)
    waiting: set[int] = set()
    for kind, number in steps:
        if kind == "put":
            put[number] += 1
            assert turns.put(number, put[number]) == (number in waiting)
            waiting.add(number)
        elif waiting:
            for camera, item in turns.take(number):
                assert item == put[camera] > last[camera]
                last[camera] = item
                waiting.remove(camera)
                overtaken[camera] = 0
                for other in waiting:
                    overtaken[other] += 1
                    # At most one frame of each of the three others goes first.
                    assert overtaken[other] <= 3
