# SPDX-License-Identifier: Apache-2.0
"""How a training goes, for the person who waits for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from torch import nn

from unet_perception.training.history import Epoch
from unet_perception.training.watch import Moment, Watch

REFRESH = 0.5
"""Seconds between two looks at the scores on a terminal."""

PLAIN = 60.0
"""Seconds between two lines where output goes to a file."""

Report = Callable[[Epoch, Epoch, nn.Module], None]


class Display(Watch):
    """A bar on a terminal, plain lines elsewhere, and one line for each epoch on both."""

    def __init__(self, console: Console, epochs: int) -> None:
        """Create the display.

        Args:
            console: Where to write.
            epochs: Of the whole run, at most.
        """
        self._console, self._epochs = console, epochs
        self._reports: list[Report] = []
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(None),
            TextColumn("{task.fields[scores]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._task: TaskID | None = None
        self._looked = self._began = time.monotonic()
        self._first: Moment | None = None

    def __enter__(self) -> Display:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def add(self, report: Report) -> None:
        """Have a function called after each epoch, with what ``epoch`` is told."""
        self._reports.append(report)

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def due(self) -> bool:
        """Return whether it is time for another look."""
        wait = REFRESH if self._console.is_terminal else PLAIN
        return time.monotonic() - self._looked >= wait or self._first is None

    def moment(self, moment: Moment) -> None:
        """Show where the training is."""
        self._looked = time.monotonic()
        if self._first is None:
            # Speed is measured from here: the first step has costs that no other has.
            self._first, self._began = moment, self._looked
            return
        scores = self._scores(moment)
        if not self._console.is_terminal:
            self.say(
                f"epoch {moment.epoch}/{moment.epochs}   step {moment.step}/{moment.steps}   "
                f"{scores}"
            )
            return
        fields = {
            "total": moment.steps,
            "completed": moment.step,
            "epoch": f"{moment.epoch}/{moment.epochs}",
            "scores": scores,
        }
        if self._task is None:
            self._task = self._bar.add_task("", **fields)  # type: ignore[arg-type]
        else:
            self._bar.update(self._task, **fields)  # type: ignore[arg-type]

    def epoch(self, epoch: Epoch, best: Epoch, model: nn.Module) -> None:
        """Write an epoch's line, and what else is made of it."""
        line = (
            f"epoch {epoch.number}/{self._epochs}   loss {epoch.loss:.4f}   "
            f"accuracy {epoch.accuracy:.4f}   mIoU {epoch.miou:.4f}"
        )
        if epoch.checked:
            line += f"   val accuracy {epoch.val_accuracy:.4f}   val mIoU {epoch.val_miou:.4f}"
            line += f" (best {best.val_miou:.4f} in epoch {best.number})"
        self.say(f"{line}   {epoch.seconds:.0f} s")
        if len(epoch.checked) > 1:
            parts = [f"{part.name} ({part.label_set}) {part.miou:.4f}" for part in epoch.checked]
            self.say(f"  val mIoU: {', '.join(parts)}")
        for report in self._reports:
            report(epoch, best, model)

    def _scores(self, moment: Moment) -> str:
        first = self._first or moment
        seconds = max(time.monotonic() - self._began, 1e-9)
        speed = (moment.pictures - first.pictures) / seconds
        steps = (moment.epochs - moment.epoch + 1) * moment.steps - moment.step
        gone = (moment.epoch - first.epoch) * moment.steps + moment.step - first.step
        left = _time(steps * seconds / gone) if gone else "?"
        return (
            f"loss {moment.loss:.4f}   accuracy {moment.accuracy:.4f}   mIoU {moment.miou:.4f}   "
            f"{speed:.1f} pictures/s   {left} left"
        )


def _time(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
