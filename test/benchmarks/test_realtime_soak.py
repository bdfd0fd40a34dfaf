# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import numpy as np
from realtime_processes import Memory
from realtime_records import Outcome
from realtime_soak import Soak, as_document, as_lines


def soak() -> Soak:
    """Three minutes; the node's own memory grows from 10 to 16 MiB, and swings once."""
    samples = [(float(at), Memory(10.0 + at / 30, 5.0, 1.0)) for at in range(0, 181, 5)]
    samples[3] = (15.0, Memory(500.0, 5.0, 1.0))
    first, last = Outcome(4, np.array([9.0, 10.0, 11.0]), 60.0), Outcome(2, np.full(2, 12.0), 60.0)
    return Soak(180.0, samples, first, last, Outcome(6, np.full(5, 10.0), 180.0))


def test_memory_is_that_of_the_first_and_the_last_minute() -> None:
    before, after = soak().memory
    assert 10.9 < before.own < 11.3
    assert after.own == 15.0
    assert after.total == 21.0


def test_in_words() -> None:
    lines = as_lines(soak())
    assert lines[0] == "first: p50 10.00, p95 10.90, p99 10.98, max 11.00 ms, 3/4 masks"
    assert lines[1].startswith("last: p50 12.00")
    assert lines[3].startswith("own memory: 11.")
    assert lines[3].endswith("-> 15.0 MiB, +3.83")


def test_document_is_plain_json() -> None:
    document = json.loads(json.dumps(as_document(soak()), allow_nan=False))
    assert document["last"]["percentiles_ms"]["p50"] == 12.0
    assert document["samples"][0] == {"at_s": 0.0, "own": 10.0, "files": 5.0, "shared": 1.0}
