# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from unet_perception.nodes.newest import NewestSlot


def test_a_newer_item_replaces_one_that_nobody_took() -> None:
    slot: NewestSlot[int] = NewestSlot()
    assert not slot.put(1)
    assert slot.put(2)
    assert slot.take() == 2
    assert not slot.put(3)
    assert slot.take() == 3


def test_take_waits_for_an_item() -> None:
    slot: NewestSlot[str] = NewestSlot()
    timer = threading.Timer(0.05, slot.put, ["frame"])
    timer.start()
    assert slot.take() == "frame"
    timer.join()


def test_close_ends_a_waiting_take_and_every_later_one() -> None:
    slot: NewestSlot[int] = NewestSlot()
    timer = threading.Timer(0.05, slot.close)
    timer.start()
    assert slot.take() is None
    timer.join()
    slot.put(1)
    assert slot.take() is None


def test_every_item_is_either_taken_or_counted_as_replaced() -> None:
    slot: NewestSlot[int] = NewestSlot()
    taken: list[int] = []

    def take() -> None:
        while (item := slot.take()) is not None:
            taken.append(item)
            if item == 5000:
                return

    thread = threading.Thread(target=take)
    thread.start()
    replaced = sum(slot.put(number) for number in range(1, 5001))
    thread.join(10)
    assert taken == sorted(set(taken))
    assert taken[-1] == 5000
    assert len(taken) + replaced == 5000
