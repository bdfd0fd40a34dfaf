# SPDX-License-Identifier: Apache-2.0
"""A lock between processes that the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unet_perception.engines.progress import Report
from unet_perception.errors import EngineError

POLL_S = 0.1


@contextmanager
def locked(path: Path, report: Report, every_s: float) -> Iterator[None]:
    """Wait for the lock and hold it for as long as the ``with`` block runs.

    Args:
        path: A file of its own, which stays behind.
        report: Takes a line every ``every_s`` seconds of waiting.
        every_s: Seconds between such lines.

    Raises:
        EngineError: The file cannot be made, or not be locked.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EngineError(f"engine cache {path} cannot be locked: {error}") from error
    try:
        started = said = time.monotonic()
        # Polled rather than waited for: a wait in the kernel could say nothing meanwhile.
        while not _taken(handle, path):
            time.sleep(POLL_S)
            now = time.monotonic()
            if now - said >= every_s:
                said = now
                waited = f"{now - started:.0f} s"
                report(f"waiting for another process that builds this engine, {waited}")
        yield
    finally:
        os.close(handle)


def _taken(handle: int, path: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise EngineError(f"engine cache {path} cannot be locked: {error}") from error
    return True
