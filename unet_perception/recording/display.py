# SPDX-License-Identifier: Apache-2.0
"""What a user sees of a recording: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from unet_perception.recording.disk import in_words
from unet_perception.recording.progress import Progress

PERIOD_S = 0.2
LOG_PERIOD_S = 10.0


class Display:
    """Shows how far a recording is for as long as the ``with`` block runs."""

    def __init__(self, progress: Progress, console: Console) -> None:
        """Show nothing yet."""
        self._progress = progress
        self._console = console
        self._began = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.fields[set]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("pairs", total=None, set="connecting", facts="")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> Display:
        """Begin."""
        if self._console.is_terminal:
            self._bar.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()
        self._bar.stop()

    def say(self, level: str, text: str) -> None:
        """Print a sentence above the bar."""
        self._console.print(
            text if level == "info" else f"{level}: {text}", highlight=False, soft_wrap=True
        )

    def summary(self) -> str:
        """Return what was recorded, in one paragraph."""
        p = self._progress
        took = time.monotonic() - self._began
        parts = [
            f"{p.written} pairs recorded in {took:.0f} s, {self._rate():.1f} a second, "
            f"{in_words(p.size)}; {p.before + p.written} of {p.total} are there",
            f"{p.ticks} ticks, {p.skipped} frames not worth keeping",
        ]
        if p.incomplete:
            parts.append(f"{p.incomplete} frames left out, since an image did not come in time")
        if p.reconnects:
            parts.append(f"the server was lost {p.reconnects} times")
        return "; ".join(parts)

    def _show(self) -> None:
        logged = time.monotonic()
        while not self._ended.wait(PERIOD_S):
            p = self._progress
            facts = f"{self._rate():.1f} a second, {p.pending} waiting, {in_words(p.free)} free"
            self._bar.update(
                self._task,
                total=p.total or None,
                completed=p.before + p.written,
                set=p.set or "connecting",
                facts=facts,
            )
            if not self._console.is_terminal and time.monotonic() - logged >= LOG_PERIOD_S:
                logged = time.monotonic()
                self.say("info", f"{p.set}: {p.before + p.written} of {p.total}, {facts}")

    def _rate(self) -> float:
        return self._progress.written / max(time.monotonic() - self._began, 1e-3)
