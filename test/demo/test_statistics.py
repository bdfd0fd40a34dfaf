# SPDX-License-Identifier: Apache-2.0
"""What the demo counts, and the table that shows it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from unet_perception.demo.statistics import RunStatistics
from unet_perception.demo.table import render
from unet_perception.labels import load_label_set

SECOND = 1_000_000_000
LABELS = load_label_set("carla-0.8")


def ids(value: int) -> np.ndarray:
    return np.full((4, 6), value, np.uint8)


def test_rate_and_latency_come_from_arrivals() -> None:
    statistics = RunStatistics(LABELS)
    for i in range(21):
        # Stamps are another clock's: simulated time.
        now = 100 * SECOND + i * SECOND // 10
        statistics.camera(i, now)
        statistics.ids("mask", i, now + 8_000_000, ids(7))
    snapshot = statistics.snapshot()
    assert snapshot.masks == 21
    assert snapshot.rate == pytest.approx(10.0)
    assert snapshot.latency_ms == pytest.approx((8.0, 8.0, 8.0))
    assert snapshot.shares[7] == 1.0


def test_masks_are_scored_against_the_truth_of_their_own_stamp() -> None:
    statistics = RunStatistics(LABELS)
    statistics.ids("truth", 1, 1, ids(7))
    statistics.ids("mask", 2, 2, ids(8))
    assert statistics.snapshot().miou is None
    statistics.ids("mask", 1, 3, ids(7))
    statistics.ids("truth", 2, 4, ids(7))
    snapshot = statistics.snapshot()
    assert snapshot.scored == 2
    # Roads: 24 right of 48; Sidewalks: predicted but never there.
    assert snapshot.miou == pytest.approx((0.5 + 0.0) / 2)


def test_a_mask_without_its_camera_frame_has_no_latency() -> None:
    statistics = RunStatistics(LABELS)
    for stamp in range(1000):
        statistics.camera(stamp, stamp)
    statistics.ids("mask", 0, 2000, ids(7))
    assert statistics.snapshot().latency_ms is None


def test_shares_leave_unlabeled_pixels_out() -> None:
    statistics = RunStatistics(LABELS)
    mask = ids(7)
    mask[:, :3] = 255
    mask[0, 3:] = 1
    statistics.ids("mask", 0, 1, mask)
    shares = statistics.snapshot().shares
    assert shares[7] == pytest.approx(9 / 12)
    assert shares[1] == pytest.approx(3 / 12)


def text_of(statistics: RunStatistics) -> str:
    out = io.StringIO()
    Console(file=out, width=120).print(render(statistics.snapshot(), LABELS, "a title"))
    return out.getvalue()


def test_the_table_says_that_it_waits() -> None:
    assert "waiting for the first mask" in text_of(RunStatistics(LABELS))


def test_the_table_shows_every_class_and_the_nodes_own_words() -> None:
    statistics = RunStatistics(LABELS)
    statistics.camera(5, 5)
    statistics.ids("truth", 5, 5, ids(7))
    statistics.ids("mask", 5, 5 + 12_300_000, ids(7))
    statistics.diagnostics(
        {"dropped": "3", "refused": "0", "engine": "openvino", "latency_p50_ms": "11.50"}
    )
    text = text_of(statistics)
    for label in LABELS.classes:
        assert label.name in text
    for words in ("a title", "12.3 ms", "11.50 ms", "3 / 0", "openvino", "1.000 over 1"):
        assert words in text
