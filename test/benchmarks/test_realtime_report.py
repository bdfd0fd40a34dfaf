# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from realtime_plot import save_plot
from realtime_records import Outcome
from realtime_report import Row, as_document, as_table, floor_ms, notes, rows_of
from realtime_run import Run
from realtime_variants import Case
from rich.console import Console

CASE = Case(800, 600, 10.0)


def run(latencies: list[float], **other: Any) -> Run:
    outcomes = {"": Outcome(10, np.array(latencies), 1.0)}
    facts = {"cpu_ms": 5.0, "engine_ms": np.zeros(0), "engine": "", "overlays": None}
    return Run(outcomes, **{**facts, **other})


def rows() -> list[Row]:
    return [
        *rows_of("ours", [run([10.0] * 10), run([30.0] * 8)]),
        *rows_of("ours-overlay", [run([22.0] * 10, overlays=0.5)]),
        *rows_of("moving", [run([2.0] * 10)]),
        *rows_of("floor", [run([9.0] * 9, engine_ms=np.array([6.0, 6.0]), engine="one")]),
    ]


def text_of(table: Any) -> str:
    console = Console(width=200, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(table)
    return console.export_text()


def test_rounds_are_put_together() -> None:
    (row,) = rows_of("ours", [run([10.0] * 10), run([30.0] * 8)])
    assert (row.sent, row.received) == (20, 18)
    assert row.dropped == pytest.approx(0.1)
    assert row.p50_ms == 10.0
    assert row.max_ms == 30.0
    assert row.round_p50_ms == [10.0, 30.0]
    assert (row.sent_hz, row.received_hz) == (10.0, 9.0)


def test_the_floor_is_the_engine_and_the_moving() -> None:
    assert floor_ms(rows()) == 8.0
    assert floor_ms(rows()[:3]) is None
    text = text_of(as_table(CASE, rows()))
    # Beside ours at 10 ms: 1.25 times the floor.
    assert "1.25" in next(line for line in text.splitlines() if "│ ours " in line)
    assert "= engine + moving" in text


def test_what_the_table_cannot_say() -> None:
    slow = rows_of("tutorial", [Run({"": Outcome(8, np.ones(8), 1.0)}, 1.0, np.zeros(0), "", None)])
    assert notes(CASE, [*rows(), *slow]) == [
        "ours-overlay: 50.0% of the frames came as overlays, too",
        "floor: engine alone 6.00 ms (one)",
        "floor: the engine alone is too slow here, 10.0% dropped",
        "tutorial: the camera was held up, 8.0 Hz sent",
    ]


def test_cameras_are_compared_by_their_rates() -> None:
    outcomes = {
        "front": Outcome(10, np.ones(10), 1.0),
        "rear": Outcome(10, np.ones(8), 1.0),
    }
    both = rows_of("one-for-all", [Run(outcomes, 1.0, np.zeros(0), "", None)])
    assert [row.camera for row in both] == ["front", "rear"]
    assert notes(CASE, both) == ["one-for-all: 18.0 masks a second, max/min rate 1.25"]


def test_document_is_plain_json() -> None:
    (case,) = json.loads(json.dumps(as_document({CASE: rows()}), allow_nan=False))
    assert (case["width"], case["rate"], case["floor_ms"]) == (800, 10.0, 8.0)
    assert case["rows"][0]["dropped"] == pytest.approx(0.1)


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    path = tmp_path / "plot.png"
    save_plot({CASE: rows(), Case(1280, 720, 20.0): rows()[:2]}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
