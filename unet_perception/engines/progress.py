# SPDX-License-Identifier: Apache-2.0
"""Saying every few seconds that something still goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]
"""Takes a line for the user; called from any thread."""

REPORT_S = 5.0
"""Seconds between two lines."""


def silent(line: str) -> None:
    """Take a line that nobody wants."""


@contextmanager
def reporting(
    what: str, report: Report, every_s: float = REPORT_S
) -> Iterator[Callable[[], float]]:
    """Report ``what`` and the seconds passed, at once and then every few seconds.

    Args:
        what: What goes on, such as ``building the engine``.
        report: Takes the lines, from a thread of its own.
        every_s: Seconds between two lines.

    Yields:
        A function that returns the seconds passed.
    """
    started = time.monotonic()
    done = threading.Event()

    def passed() -> float:
        return time.monotonic() - started

    def work() -> None:
        while not done.wait(every_s):
            report(f"{what}, {passed():.0f} s")

    report(what)
    thread = threading.Thread(target=work, name="progress", daemon=True)
    thread.start()
    try:
        yield passed
    finally:
        done.set()
        thread.join()
