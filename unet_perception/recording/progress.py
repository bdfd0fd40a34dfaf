# SPDX-License-Identifier: Apache-2.0
"""How far a recording is."""

from __future__ import annotations

from dataclasses import dataclass

from unet_perception.recording.writer import WriterCounts


@dataclass
class Progress:
    """How far a recording is; read from any thread.

    Attributes:
        total: Pairs of the whole plan.
        before: Pairs that were there at the start.
        written: Pairs committed since.
        pending: Pairs on their way to the disk.
        size: Bytes committed since.
        free: Bytes free on the disk.
        set: Name of the set that is driven.
        ticks: Frames that the server made.
        skipped: Frames that were not worth keeping.
        incomplete: Frames of which an image did not come in time.
        reconnects: Times that the server was lost.
        strays: Files of a crash that were removed at the start.
    """

    total: int = 0
    before: int = 0
    written: int = 0
    pending: int = 0
    size: int = 0
    free: int = 0
    set: str = ""
    ticks: int = 0
    skipped: int = 0
    incomplete: int = 0
    reconnects: int = 0
    strays: int = 0

    @property
    def left(self) -> int:
        """Pairs that are still to come."""
        return self.total - self.before - self.written

    def look(self, counts: WriterCounts) -> None:
        """Take over how far the writer is."""
        self.written, self.pending, self.size = counts.written, counts.pending, counts.size
