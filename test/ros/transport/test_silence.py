# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unet_perception.ros.transport.silence import SILENT_S, Finding, Silence, State

LOOK_S = 0.25


class Topic:
    """A subscription that is looked at four times a second."""

    def __init__(self) -> None:
        self.now = 100.0
        self.clock = 0
        self.silence = Silence(self.now)

    def run(
        self,
        seconds: float,
        arrived: int = 0,
        lost: int = 0,
        paused: bool = False,
        there: bool = True,
    ) -> Finding:
        """Let time go on with so many messages at each look; return what was found last."""
        finding = Finding()
        for _ in range(round(seconds / LOOK_S)):
            self.now += LOOK_S
            self.clock += 0 if paused else 1
            for _ in range(arrived):
                self.silence.arrived()
            if lost:
                self.silence.lost(self.now, lost)
            finding = self.silence.look(self.now, self.clock, there)
        return finding


def test_a_publisher_that_never_sends_is_silent() -> None:
    topic = Topic()
    assert topic.run(SILENT_S - LOOK_S).state is State.FINE
    finding = topic.run(2 * LOOK_S)
    assert finding.state is State.NEVER
    assert finding.silent_s == SILENT_S + LOOK_S


def test_nobody_is_not_silent() -> None:
    topic = Topic()
    assert topic.run(60, there=False) == Finding()
    # Whoever comes has its time.
    assert topic.run(SILENT_S - LOOK_S).state is State.FINE
    assert topic.run(1).state is State.NEVER


def test_a_stream_that_ends() -> None:
    topic = Topic()
    assert topic.run(3, arrived=2) == Finding(State.FINE, 0.0, 24, 0)
    assert topic.run(SILENT_S + 1).state is State.STOPPED
    # A pause that is over does not buy another one.
    assert topic.run(1, arrived=1).state is State.FINE
    assert topic.run(SILENT_S + 1).state is State.STOPPED
    assert topic.run(1, there=False) == Finding()


def test_one_message_promises_no_second_one() -> None:
    topic = Topic()
    topic.run(LOOK_S, arrived=1)
    assert topic.run(60).state is State.FINE


def test_a_slow_publisher_is_no_silent_one() -> None:
    topic = Topic()
    for _ in range(3):
        topic.run(LOOK_S, arrived=1)
        assert topic.run(10).state is State.FINE or _ == 0
    assert topic.run(10).state is State.FINE
    assert topic.run(15).state is State.STOPPED


def test_a_paused_simulation_is_no_silence() -> None:
    topic = Topic()
    topic.run(3, arrived=1)
    assert topic.run(60, paused=True).state is State.FINE
    assert topic.run(SILENT_S - 2 * LOOK_S).state is State.FINE
    assert topic.run(1).state is State.STOPPED


def test_losses_are_told_by_their_share() -> None:
    assert Topic().run(5, arrived=1, lost=1).state is State.LOSING
    found = Topic().run(5, lost=2)
    assert (found.state, found.arrived) == (State.LOSING, 0)
    topic = Topic()
    topic.run(1, arrived=8, lost=1)
    assert topic.run(5, arrived=8).state is State.FINE
    # Some may be missed by one who joins.
    assert Topic().run(LOOK_S, lost=4).state is State.FINE


def test_losses_are_forgotten() -> None:
    topic = Topic()
    assert topic.run(2, arrived=1, lost=5).state is State.LOSING
    assert topic.run(6, arrived=1) == Finding(State.FINE, 0.0, 21, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=80))
def test_silence_is_never_told_while_messages_come(looks: list[tuple[int, bool, bool]]) -> None:
    topic = Topic()
    since = 0.0
    for arrived, paused, there in looks:
        finding = topic.run(LOOK_S, arrived=arrived, paused=paused, there=there)
        since = 0.0 if arrived or not there else since + LOOK_S
        assert finding.silent_s <= since
        if arrived or not there:
            assert finding.state is State.FINE
