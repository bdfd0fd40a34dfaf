# SPDX-License-Identifier: Apache-2.0
"""Whatever comes late or never: a set has one frame, and the counts add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.carla.pairing import Pairing

NAMES = ("rgb", "ids", "depth")


def put(pairing: Pairing[tuple[str, int]], name: str, frame: int) -> dict[str, int] | None:
    items = pairing.put(name, frame, (name, frame))
    return None if items is None else {key: item[1] for key, item in items.items()}


def test_a_set_is_complete_with_its_last_member() -> None:
    pairing: Pairing[tuple[str, int]] = Pairing(("rgb", "ids"))
    assert put(pairing, "ids", 1) is None
    assert put(pairing, "rgb", 1) == {"rgb": 1, "ids": 1}
    assert (pairing.complete, pairing.incomplete, pairing.late, pairing.waiting) == (1, 0, 0, 0)


def test_a_newer_complete_set_ends_older_ones() -> None:
    pairing: Pairing[tuple[str, int]] = Pairing(("rgb", "ids"))
    put(pairing, "rgb", 1)
    put(pairing, "rgb", 2)
    assert put(pairing, "ids", 2) == {"rgb": 2, "ids": 2}
    assert (pairing.complete, pairing.incomplete, pairing.waiting) == (1, 1, 0)


def test_a_partner_after_the_window_is_late() -> None:
    pairing: Pairing[tuple[str, int]] = Pairing(("rgb", "ids"), window=2)
    for frame in (1, 2, 3):
        put(pairing, "rgb", frame)
    assert put(pairing, "ids", 1) is None
    assert (pairing.incomplete, pairing.late, pairing.waiting) == (1, 1, 2)
    assert put(pairing, "ids", 2) == {"rgb": 2, "ids": 2}


def test_the_same_image_twice_never_makes_a_set() -> None:
    pairing: Pairing[tuple[str, int]] = Pairing(("rgb", "ids"))
    assert put(pairing, "rgb", 1) is None
    assert put(pairing, "rgb", 1) is None
    assert pairing.late == 1


@given(
    data=st.data(),
    members=st.integers(2, 3),
    window=st.integers(1, 5),
    frames=st.lists(st.integers(1, 3), max_size=25),
)
def test_any_interleaving_with_losses(
    data: st.DataObject, members: int, window: int, frames: list[int]
) -> None:
    numbers = [sum(frames[: end + 1]) for end in range(len(frames))]
    streams = {
        name: [number for number in numbers if data.draw(st.booleans() | st.just(True))]
        for name in NAMES[:members]
    }
    pairing: Pairing[tuple[str, int]] = Pairing(NAMES[:members], window)
    arrived = 0
    complete: list[int] = []
    while any(streams.values()):
        name = data.draw(st.sampled_from([key for key, left in streams.items() if left]))
        frame = streams[name].pop(0)
        arrived += 1
        items = put(pairing, name, frame)
        assert pairing.waiting <= window
        if items is not None:
            assert items == dict.fromkeys(NAMES[:members], frame)
            complete.append(frame)
    assert complete == sorted(set(complete))
    assert pairing.complete == len(complete)
    least = members * pairing.complete + pairing.incomplete + pairing.waiting + pairing.late
    most = least + (members - 2) * (pairing.incomplete + pairing.waiting)
    assert least <= arrived <= most
