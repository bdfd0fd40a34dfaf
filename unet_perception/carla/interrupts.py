# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM that arrive between steps, and never in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end.

    Attributes:
        signum: Which one.
    """

    def __init__(self, signum: int) -> None:
        """Remember the signal."""
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class Interrupts:
    """Turns the signals into ``Interrupted``, at once or after a critical section.

    Handlers are installed on the main thread only, where Python runs them, and only if it does
    not block the signals itself. Elsewhere this does nothing. A signal that the process was
    started to ignore stays ignored.

    Args:
        shielded: Functions that no signal may interrupt, from their very first instruction.
    """

    def __init__(self, *shielded: CodeType) -> None:
        """Change nothing yet."""
        self._shielded = shielded
        self._previous: dict[signal.Signals, Any] = {}
        self._depth = 0
        self._pending: int | None = None

    @property
    def pending(self) -> bool:
        """Whether a signal is held back."""
        return self._pending is not None

    def install(self) -> None:
        """Take the signals over and hold them back."""
        self.hold()
        if threading.current_thread() is not threading.main_thread():
            return
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        for number in SIGNALS:
            previous = signal.getsignal(number)
            if number not in blocked and previous not in (signal.SIG_IGN, None):
                self._previous[number] = previous
                signal.signal(number, self._handle)

    def restore(self) -> None:
        """Give the signals back to who had them."""
        while self._previous:
            number, previous = self._previous.popitem()
            signal.signal(number, previous)

    def take_pending(self) -> Interrupted | None:
        """Return the signal that was held back, once."""
        number, self._pending = self._pending, None
        return None if number is None else Interrupted(number)

    def hold(self) -> None:
        """Hold signals back until ``release`` has been called as often."""
        self._depth += 1

    def release(self) -> None:
        """End one ``hold``; after the last one a signal that came meanwhile is raised."""
        self._depth -= 1
        if self._depth == 0:
            interrupted = self.take_pending()
            if interrupted is not None:
                raise interrupted

    @contextmanager
    def critical(self) -> Iterator[None]:
        """Hold signals back until the block has ended."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._depth or self._in_shielded(frame):
            self._pending = signum
        else:
            raise Interrupted(signum)

    def _in_shielded(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code in self._shielded:
                return True
            frame = frame.f_back
        return False
