# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM while training: the first one is a wish, the second one an order."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

from unet_perception.errors import TrainingError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(TrainingError):
    """Training was asked to stop, and all that is needed to go on is on the disk."""


class Interrupts:
    """Remembers a signal so that the step under way is finished and saved."""

    def __init__(self) -> None:
        """Nothing came so far."""
        self._came = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        """Take the signals over."""
        self._before = {number: signal.signal(number, self._take) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def stop(self) -> bool:
        """Return whether to stop."""
        return self._came

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._came:
            raise KeyboardInterrupt
        self._came = True
