# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from soak_report import Event, Log, summary

EVENTS = [
    Event(65.4, "SIGKILL", "perception", "started again", 5.0, 6.0),
    Event(85.0, "SIGKILL", "perception", "started again", 7.0, 16.0),
    Event(105.0, "garbage", "live_view", "40 connections a port", 0.2, 0.3),
]


def test_each_fault_is_told_and_kept(tmp_path: Path, capsys: Any) -> None:
    log = Log(tmp_path)
    for event in EVENTS:
        log.begin(event.at_s, f"{event.fault} {event.target}")
        log.add(event)
    told = capsys.readouterr().out
    first = "1:05  SIGKILL perception: started again; masks after 5.0 s, page after 6.0 s"
    assert first in told
    kept = (tmp_path / "soak.log").read_text().splitlines()
    assert kept[0] == "   1:05  SIGKILL perception ..."
    assert kept[1::2] == told.splitlines()
    lines = (tmp_path / "soak.jsonl").read_text().splitlines()
    assert [json.loads(line)["masks_s"] for line in lines] == [5.0, 7.0, 0.2]


def test_the_table_has_a_row_for_each_kind(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for event in EVENTS:
        log.add(event)
    (row,) = [line for line in log.table().splitlines() if "SIGKILL" in line]
    assert [word for word in row.split() if word[0].isalnum()] == [
        *("SIGKILL", "perception", "2", "6.0", "7.0", "11.0", "16.0")
    ]


def test_the_summary_tells_what_could_not_be_compared() -> None:
    seen = {
        "frames": 10,
        "right": {"mask": 7, "truth": 8},
        "unmatched": {"mask": 1, "truth": 2},
    }
    lines = summary(seen, {"perception": 130.4})
    assert "compared, every pixel: 7" in lines[1]
    assert "1 more" in lines[1]
    assert lines[3] == "most memory, MiB: perception 130"
