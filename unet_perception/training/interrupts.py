# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM while training: the first one is a wish, the second one an order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from unet_perception.errors import TrainingError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(TrainingError):
    """Training was asked to stop, and all that is needed to go on is on the disk."""


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Take the signals over; give what tells whether one came, so that the step is finished."""
    came = False

    def take(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            raise KeyboardInterrupt
        came = True

    before = {number: signal.signal(number, take) for number in SIGNALS}
    try:
        yield lambda: came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
