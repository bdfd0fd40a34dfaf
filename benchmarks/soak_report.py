# SPDX-License-Identifier: Apache-2.0
"""What soak.py injected and saw: a line each as it happens, a table at the end."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Event:
    """One fault and what came of it.

    Attributes:
        at_s: When, in seconds since the begin.
        fault: Its name.
        target: What it happened to.
        seen: What was seen of it.
        masks_s: Seconds from its end to the arrival of a frame whose mask came and was right.
        page_s: Seconds from its end to a right mask on the page.
    """

    at_s: float
    fault: str
    target: str
    seen: str
    masks_s: float
    page_s: float

    def __str__(self) -> str:
        """Return the line of the log."""
        return (
            f"{_clock(self.at_s)}  {self.fault} {self.target}: {self.seen}; "
            f"masks after {self.masks_s:.1f} s, page after {self.page_s:.1f} s"
        )


class Log:
    """Prints each line, and keeps it in a file."""

    def __init__(self, folder: Path) -> None:
        """Write to ``soak.log`` and ``soak.jsonl``."""
        self.events: list[Event] = []
        self._text: IO[str] = (folder / "soak.log").open("w", buffering=1)
        self._records: IO[str] = (folder / "soak.jsonl").open("w", buffering=1)

    def say(self, line: str) -> None:
        """Print a line and keep it."""
        print(line, flush=True)
        self._text.write(line + "\n")

    def begin(self, at_s: float, fault: str) -> None:
        """Keep what is being injected, in case that it ends the run."""
        self._text.write(f"{_clock(at_s)}  {fault} ...\n")

    def add(self, event: Event) -> None:
        """Take what came of a fault."""
        self.events.append(event)
        self._records.write(json.dumps(asdict(event)) + "\n")
        self.say(str(event))

    def table(self) -> str:
        """Return all faults, by kind."""
        table = Table()
        for name in ("fault", "of", "times", "masks after s: p50", "most", "page: p50", "most"):
            table.add_column(name, justify="left" if name in ("fault", "of") else "right")
        for fault, target in sorted({(event.fault, event.target) for event in self.events}):
            some = [e for e in self.events if (e.fault, e.target) == (fault, target)]
            masks, pages = ([getattr(e, k) for e in some] for k in ("masks_s", "page_s"))
            numbers = (np.median(masks), max(masks), np.median(pages), max(pages))
            table.add_row(fault, target, str(len(some)), *(f"{x:.1f}" for x in numbers))
        console = Console(width=100, file=io.StringIO())
        with console.capture() as printed:
            console.print(table)
        return printed.get()


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(round(at_s), 60)
    return f"{minutes:4d}:{seconds:02d}"


def summary(seen: Mapping[str, Any], most_mib: Mapping[str, float]) -> list[str]:
    """Return what the watching process counted, and memory, in words."""
    right, unmatched = seen["right"], seen["unmatched"]
    return [
        f"frames seen: {seen['frames']}, all as they were played",
        f"masks compared, every pixel: {right['mask']}, all right and under the right header"
        f" ({unmatched['mask']} more of frames that the watching process did not see)",
        f"true masks of the bridge compared: {right['truth']}, all right"
        f" ({unmatched['truth']} more of frames not seen)",
        "most memory, MiB: " + ", ".join(f"{name} {mib:.0f}" for name, mib in most_mib.items()),
    ]
