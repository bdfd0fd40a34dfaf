# SPDX-License-Identifier: Apache-2.0
"""Publishers that are there and fit, but whose messages do not arrive."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

SILENT_S = 5.0
"""Without a message for this long a publisher counts as silent."""

PATIENCE = 3
"""A publisher may take this many times the pause before its last message."""

LOSS_WINDOW_S = 5.0
"""Lost messages are set against those that arrived in this time."""

LOST_SHARE = 0.2
"""Above this share of lost messages something is wrong with the way, not with the moment."""

LOST_LEAST = 5
"""So many are lost before anything is said: a reader that joins may miss some."""


class State(Enum):
    """How a subscription is served."""

    FINE = "messages arrive, or nobody sends"
    NEVER = "nothing has arrived at all"
    STOPPED = "nothing arrives any more"
    LOSING = "messages are lost on the way"


@dataclass(frozen=True)
class Finding:
    """What was found, and its figures.

    Attributes:
        state: It.
        silent_s: Seconds without a message.
        arrived: Messages of the last ``LOSS_WINDOW_S``.
        lost: Messages that were lost in that time.
    """

    state: State = State.FINE
    silent_s: float = 0.0
    arrived: int = 0
    lost: int = 0


class Silence:
    """Watches one subscription.

    A silence is measured on the steady clock, but only while the node's own clock goes on: a
    simulation that is paused sends nothing, and that is no fault. One message alone promises
    no second one, as with a latched topic, and a slow publisher is given its time.
    """

    def __init__(self, now: float) -> None:
        """Begin.

        Args:
            now: Steady-clock seconds, as everywhere here.
        """
        self._looked = now
        self._clock: int | None = None
        self._silent_s = 0.0
        self._pause_s = 0.0
        self._since_arrival = 0
        self._total = 0
        self._events: deque[tuple[float, int, int]] = deque()

    def arrived(self) -> None:
        """Note a message."""
        self._since_arrival += 1

    def lost(self, now: float, count: int) -> None:
        """Note messages that the middleware knows to be lost."""
        self._events.append((now, 0, count))

    def look(self, now: float, clock: int, publishers: bool) -> Finding:
        """Return the state; to be called several times a second.

        Args:
            now: Steady-clock seconds.
            clock: The node's own clock, which may be simulated.
            publishers: Somebody is there whose messages should arrive.
        """
        passed = now - self._looked if clock != self._clock else 0.0
        self._looked, self._clock = now, clock
        if self._since_arrival:
            self._events.append((now, self._since_arrival, 0))
            self._pause_s = self._silent_s if self._total else 0.0
            self._total += self._since_arrival
            self._since_arrival, self._silent_s = 0, 0.0
        elif publishers:
            self._silent_s += passed
        else:
            # Whoever comes next has not sent anything yet.
            self._total, self._silent_s, self._pause_s = 0, 0.0, 0.0
        while self._events and self._events[0][0] < now - LOSS_WINDOW_S:
            self._events.popleft()
        arrived = sum(event[1] for event in self._events)
        lost = sum(event[2] for event in self._events)
        return Finding(self._state(arrived, lost), self._silent_s, arrived, lost)

    def _state(self, arrived: int, lost: int) -> State:
        if lost >= LOST_LEAST and lost > LOST_SHARE * (arrived + lost):
            return State.LOSING
        if self._silent_s < max(SILENT_S, PATIENCE * self._pause_s) or self._total == 1:
            return State.FINE
        return State.STOPPED if self._total else State.NEVER
