# SPDX-License-Identifier: Apache-2.0
"""Runs of a case put together: rows, tables, and what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from realtime_run import Run
from realtime_variants import Case
from rich.table import Table

OURS, MOVING, FLOOR = "ours", "moving", "floor"
LOST = 0.02
"""Share of frames from which on something is worth a word."""

COLUMNS = (
    *("variant", "p50 ms", "p95 ms", "p99 ms", "max ms", "masks/frames", "dropped", "CPU a frame"),
    *("rounds' p50", "to ours", "to floor"),
)


@dataclass(frozen=True)
class Row:
    """One camera of one variant, all rounds together; latencies are from stamp to mask.

    Attributes:
        variant: Its name.
        camera: Name of the camera; empty where there is one only.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        max_ms: The slowest.
        round_p50_ms: Median of each round: how much the machine's moods matter.
        sent: Frames that the camera sent.
        received: Masks that came.
        sent_hz: Frames a second: less than was asked for if the camera was held up.
        received_hz: Masks a second.
        cpu_ms: CPU time of the variant's own processes a frame.
        engine_ms: Median of the engine alone; None where it was not noted.
        engine: The engine in words, or empty.
        overlays: Share of the frames whose overlay came; None where nobody subscribed.
    """

    variant: str
    camera: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    round_p50_ms: list[float]
    sent: int
    received: int
    sent_hz: float
    received_hz: float
    cpu_ms: float
    engine_ms: float | None
    engine: str
    overlays: float | None

    @property
    def title(self) -> str:
        """Variant and camera."""
        return f"{self.variant} {self.camera}".strip()

    @property
    def dropped(self) -> float:
        """Share of the frames that have no mask."""
        return 1.0 - self.received / self.sent


def rows_of(variant: str, runs: Sequence[Run]) -> list[Row]:
    """Return a row for each camera of a variant."""
    engine_ms = np.concatenate([run.engine_ms for run in runs])
    overlays = [run.overlays for run in runs if run.overlays is not None]
    rows = []
    for camera in runs[0].outcomes:
        outcomes = [run.outcomes[camera] for run in runs]
        latencies = np.concatenate([result.latencies for result in outcomes])
        p50, p95, p99, most = (float(v) for v in np.percentile(latencies, (50, 95, 99, 100)))
        seconds = sum(result.seconds for result in outcomes)
        sent = sum(result.sent for result in outcomes)
        received = sum(result.received for result in outcomes)
        rows.append(
            Row(
                variant=variant,
                camera=camera,
                p50_ms=p50,
                p95_ms=p95,
                p99_ms=p99,
                max_ms=most,
                round_p50_ms=[float(np.median(result.latencies)) for result in outcomes],
                sent=sent,
                received=received,
                sent_hz=sent / seconds,
                received_hz=received / seconds,
                cpu_ms=float(np.mean([run.cpu_ms for run in runs])),
                engine_ms=float(np.median(engine_ms)) if len(engine_ms) else None,
                engine=runs[0].engine,
                overlays=float(np.mean(overlays)) if overlays else None,
            )
        )
    return rows


def floor_ms(rows: Sequence[Row]) -> float | None:
    """Return the engine's time plus that of moving a frame and a mask, if both were measured."""
    by_name = {row.variant: row for row in rows}
    if MOVING not in by_name or FLOOR not in by_name:
        return None
    engine = by_name[FLOOR].engine_ms
    return None if engine is None else engine + by_name[MOVING].p50_ms


def as_table(case: Case, rows: Sequence[Row]) -> Table:
    """Return the rows of a case for people."""
    table = Table(title=str(case), title_justify="left")
    for column in COLUMNS:
        left = column == "variant"
        table.add_column(column, justify="left" if left else "right", no_wrap=left)
    ours = next((row.p50_ms for row in rows if row.variant == OURS), None)
    floor = floor_ms(rows)
    for row in rows:
        table.add_row(
            row.title,
            *(f"{value:.1f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms)),
            f"{row.received}/{row.sent}",
            f"{row.dropped:.1%}",
            f"{row.cpu_ms:.1f}",
            f"{min(row.round_p50_ms):.1f}-{max(row.round_p50_ms):.1f}",
            _ratio(row.p50_ms, ours),
            _ratio(row.p50_ms, floor),
        )
    if floor is not None:
        name = "= engine + moving"
        table.add_row(name, f"{floor:.1f}", *[""] * 7, _ratio(floor, ours), "1.00")
    return table


def notes(case: Case, rows: Sequence[Row]) -> list[str]:
    """Return in words what the table of a case has no column for."""
    lines = []
    for row in rows:
        if row.engine_ms is not None:
            lines.append(f"{row.variant}: engine alone {row.engine_ms:.2f} ms ({row.engine})")
        if row.overlays is not None:
            lines.append(f"{row.variant}: {row.overlays:.1%} of the frames came as overlays, too")
        if row.variant == FLOOR and row.dropped > LOST:
            lines.append(
                f"{row.title}: the engine alone is too slow here, {row.dropped:.1%} dropped"
            )
        if row.sent_hz < (1.0 - LOST) * case.rate:
            lines.append(f"{row.title}: the camera was held up, {row.sent_hz:.1f} Hz sent")
    for variant in dict.fromkeys(row.variant for row in rows):
        rates = [row.received_hz for row in rows if row.variant == variant]
        if len(rates) > 1:
            ratio = _ratio(max(rates), min(rates))
            lines.append(f"{variant}: {sum(rates):.1f} masks a second, max/min rate {ratio}")
    return lines


def as_document(results: Mapping[Case, Sequence[Row]]) -> list[dict[str, Any]]:
    """Return all cases as JSON values."""
    return [
        {
            **asdict(case),
            "floor_ms": floor_ms(rows),
            "rows": [{**asdict(row), "dropped": row.dropped} for row in rows],
        }
        for case, rows in results.items()
    ]


def _ratio(value: float, base: float | None) -> str:
    return "-" if not base else f"{value / base:.2f}"
