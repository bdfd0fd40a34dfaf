# SPDX-License-Identifier: Apache-2.0
"""The bar of a verb that goes through many pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unet_perception.dataset.parallel import Watch


@contextmanager
def progress(what: str) -> Iterator[Watch]:
    """Show how far it is, how fast and how long yet, where somebody looks at a terminal.

    What is watched may say that it does not know how many there are, with a total of 0.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    from unet_perception.dataset.parallel import unwatched

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} pictures/s" if task.speed else "")

    console = Console(stderr=True)
    if not console.is_terminal:
        # Older releases of rich end even a bar that they never drew with an empty line.
        yield unwatched
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
