# SPDX-License-Identifier: Apache-2.0
"""The live table."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from unet_perception.demo.statistics import Snapshot
from unet_perception.labels import LabelSet

BAR = 30


def render(snapshot: Snapshot, label_set: LabelSet, title: str) -> Group:
    """Return the table for one moment of a run."""
    facts = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    for key, value in _facts(snapshot):
        facts.add_row(Text(key, style="dim"), value)
    shares = Table(box=None, padding=(0, 2), show_header=False)
    ranked = sorted(label_set.classes, key=lambda label: -snapshot.shares.get(label.id, 0.0))
    for label in ranked:
        share = snapshot.shares.get(label.id, 0.0)
        color = "#{:02x}{:02x}{:02x}".format(*label.color)
        # Black on a dark terminal would be no swatch at all.
        swatch = Text("██", style=color if any(label.color) else "grey23")
        bar = Text("▇" * round(share * BAR), style="cyan")
        shares.add_row(swatch, f"{label.id:2} {label.name}", f"{share:6.1%}", bar)
    return Group(facts, Text(), shares)


def _facts(snapshot: Snapshot) -> list[tuple[str, str]]:
    said = snapshot.diagnostics
    if not snapshot.masks:
        return [("state", "waiting for the first mask")]
    facts = [
        ("masks", f"{snapshot.masks}   {snapshot.rate:.1f} a second"),
        ("camera frame to mask, as received", _latency(snapshot)),
        (
            "camera frame to mask, in the node",
            "p50 {} ms   p95 {} ms   p99 {} ms".format(
                *(said.get(f"latency_p{p}_ms", "?") for p in (50, 95, 99))
            ),
        ),
        ("dropped / refused", f"{said.get('dropped', '?')} / {said.get('refused', '?')}"),
        (
            "engine",
            f"{said.get('engine', '?')} {said.get('engine_version', '')}, "
            f"{said.get('precision', '?')}, {said.get('device', '')}",
        ),
    ]
    if snapshot.miou is not None:
        facts.append(
            ("mean IoU against the truth", f"{snapshot.miou:.3f} over {snapshot.scored} frames")
        )
    return facts


def _latency(snapshot: Snapshot) -> str:
    if snapshot.latency_ms is None:
        return "?"
    return "p50 {:.1f} ms   p95 {:.1f} ms   p99 {:.1f} ms".format(*snapshot.latency_ms)
