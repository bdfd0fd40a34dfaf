# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.nodes.qos import Choice, Offer, choose, foreign_types

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
TYPES = [IMAGE, COMPRESSED]

offers = st.lists(
    st.builds(
        Offer, st.sampled_from([*TYPES, "std_msgs/msg/String"]), st.booleans(), st.booleans()
    ),
    max_size=6,
)


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


def test_foreign_types_are_found() -> None:
    assert foreign_types([Offer("a/msg/B", True, False), Offer(IMAGE, True, True)], TYPES) == [
        "a/msg/B"
    ]
    assert choose([Offer("a/msg/B", True, False)], TYPES) == Choice(IMAGE)


def test_a_choice_reads_like_ros2_topic_info() -> None:
    assert str(Choice(IMAGE, True, False)) == f"{IMAGE} RELIABLE VOLATILE KEEP_LAST 1"
    assert str(Choice(IMAGE, False, True)) == f"{IMAGE} BEST_EFFORT TRANSIENT_LOCAL KEEP_LAST 1"


@given(offers)
def test_a_choice_matches_every_publisher_of_its_type(offered: list[Offer]) -> None:
    choice = choose(offered, TYPES)
    assert choice.type_name in TYPES
    for offer in offered:
        if offer.type_name == choice.type_name:
            assert offer.reliable or not choice.reliable
            assert offer.transient_local or not choice.transient_local
