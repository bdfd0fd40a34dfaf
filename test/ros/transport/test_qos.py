# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.ros.transport.qos import (
    Choice,
    Conflict,
    Fixed,
    Offer,
    choose,
    conflicts,
    foreign_types,
)

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
TYPES = [IMAGE, COMPRESSED]

flags = st.booleans()
maybe = st.none() | flags
offers = st.lists(
    st.builds(
        Offer,
        st.sampled_from([*TYPES, "std_msgs/msg/String"]),
        flags,
        flags,
        st.sampled_from([0.0, 1.0, 2.0]),
    ),
    max_size=6,
)
fixed = st.builds(Fixed, maybe, maybe, maybe, st.none() | st.integers(1, 9))


def test_without_a_publisher_the_weakest_is_asked_for() -> None:
    assert choose([], TYPES) == Choice(IMAGE, reliable=False, transient_local=False)


def test_reliable_is_taken_where_it_is_offered() -> None:
    assert choose([Offer(IMAGE, True, False)], TYPES) == Choice(IMAGE, True, False)
    assert choose([Offer(IMAGE, True, True)], TYPES) == Choice(IMAGE, True, True)
    assert choose([Offer(IMAGE, False, False)], TYPES) == Choice(IMAGE, False, False)


def test_one_weak_publisher_weakens_the_subscription() -> None:
    both = [Offer(IMAGE, True, True), Offer(IMAGE, False, False)]
    assert choose(both, TYPES) == Choice(IMAGE, False, False)


def test_the_type_follows_and_the_first_is_preferred() -> None:
    assert choose([Offer(COMPRESSED, True, False)], TYPES).type_name == COMPRESSED
    both = [Offer(COMPRESSED, True, False), Offer(IMAGE, False, False)]
    assert choose(both, TYPES) == Choice(IMAGE, False, False)


def test_the_type_is_that_of_the_publisher_that_came_last() -> None:
    # The first one was killed, and is still in the graph.
    dead, alive = Offer(IMAGE, False, False, since=1.0), Offer(COMPRESSED, True, False, since=2.0)
    assert choose([dead, alive], TYPES) == Choice(COMPRESSED, True, False)
    assert choose([alive], TYPES) == Choice(COMPRESSED, True, False)
    # One that cannot be read does not count.
    newest = Offer("std_msgs/msg/String", True, True, since=3.0)
    assert choose([newest, dead, alive], TYPES) == Choice(COMPRESSED, True, False)


def test_what_the_user_fixed_stays_and_the_rest_follows() -> None:
    offered = [Offer(COMPRESSED, True, True)]
    assert choose(offered, TYPES, Fixed(reliable=False)) == Choice(COMPRESSED, False, True)
    assert choose(offered, TYPES, Fixed(transient_local=False)) == Choice(COMPRESSED, True, False)
    weak = [Offer(IMAGE, False, False)]
    assert choose(weak, TYPES, Fixed(reliable=True)) == Choice(IMAGE, True, False)
    assert choose([], TYPES, Fixed(True, True, True, 5)) == Choice(IMAGE, True, True, 5, True)
    assert choose([], TYPES, Fixed(depth=2), depth=7).depth == 2
    assert choose([], TYPES, depth=7).depth == 7


def test_foreign_types_are_found() -> None:
    assert foreign_types([Offer("a/msg/B", True, False), Offer(IMAGE, True, True)], TYPES) == [
        "a/msg/B"
    ]
    assert choose([Offer("a/msg/B", True, False)], TYPES) == Choice(IMAGE)


def test_a_choice_reads_like_ros2_topic_info() -> None:
    assert str(Choice(IMAGE, True, False)) == f"{IMAGE} RELIABLE VOLATILE KEEP_LAST 1"
    assert str(Choice(IMAGE, False, True)) == f"{IMAGE} BEST_EFFORT TRANSIENT_LOCAL KEEP_LAST 1"
    assert str(Choice(IMAGE, depth=4)) == f"{IMAGE} BEST_EFFORT VOLATILE KEEP_LAST 4"
    assert str(Choice(IMAGE, keep_all=True)) == f"{IMAGE} BEST_EFFORT VOLATILE KEEP_ALL"


def test_who_asks_for_more_than_is_offered_hears_nothing() -> None:
    weak, strong = Offer(IMAGE, False, False), Offer(IMAGE, True, True)
    assert conflicts(weak, strong) == [
        Conflict("reliability", "RELIABLE", "BEST_EFFORT"),
        Conflict("durability", "TRANSIENT_LOCAL", "VOLATILE"),
    ]
    assert conflicts(strong, weak) == conflicts(weak, weak) == conflicts(strong, strong) == []


@given(offers)
def test_a_choice_matches_every_publisher_of_its_type(offered: list[Offer]) -> None:
    choice = choose(offered, TYPES)
    assert choice.type_name in TYPES
    for offer in offered:
        if offer.type_name == choice.type_name:
            assert not conflicts(offer, choice)


@given(offers, fixed)
def test_nothing_that_was_fixed_is_ever_changed(offered: list[Offer], user: Fixed) -> None:
    choice, free = choose(offered, TYPES, user), choose(offered, TYPES)
    assert choice.type_name == free.type_name
    assert choice.reliable == (free.reliable if user.reliable is None else user.reliable)
    assert choice.transient_local == (
        free.transient_local if user.transient_local is None else user.transient_local
    )
    assert choice.keep_all == bool(user.keep_all)
    assert choice.depth == (user.depth or 1)
