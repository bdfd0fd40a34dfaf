# SPDX-License-Identifier: Apache-2.0
"""A lock between processes that the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from unet_perception.engines.progress import Report
from unet_perception.errors import EngineError

POLL_S = 0.1


class FileLock:
    """Held for as long as the ``with`` block runs."""

    def __init__(self, path: Path, report: Report, every_s: float) -> None:
        """Name the lock.

        Args:
            path: A file of its own, which stays behind.
            report: Takes a line every ``every_s`` seconds of waiting.
            every_s: Seconds between such lines.
        """
        self._path = path
        self._report = report
        self._every_s = every_s
        self._handle = -1

    def __enter__(self) -> FileLock:
        """Wait until the lock is ours.

        Raises:
            EngineError: The file cannot be made.
        """
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EngineError(f"engine cache {self._path} cannot be locked: {error}") from error
        started = said = time.monotonic()
        try:
            while not self._taken():
                time.sleep(POLL_S)
                now = time.monotonic()
                if now - said >= self._every_s:
                    said = now
                    waited = f"{now - started:.0f} s"
                    self._report(f"waiting for another process that builds this engine, {waited}")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._close()

    def _taken(self) -> bool:
        # Polled rather than waited for: a wait in the kernel could say nothing meanwhile.
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise EngineError(f"engine cache {self._path} cannot be locked: {error}") from error
        return True

    def _close(self) -> None:
        os.close(self._handle)
        self._handle = -1
