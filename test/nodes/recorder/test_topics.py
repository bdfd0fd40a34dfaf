# SPDX-License-Identifier: Apache-2.0
"""What a recorder says of itself in /diagnostics."""

from __future__ import annotations

import pytest

from unet_perception.options.diagnostics import OK
from unet_perception.recording.progress import Progress

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from unet_perception.nodes.recorder.topics import state_of


def test_it_waits_until_the_first_pair_has_come() -> None:
    assert state_of(Progress(total=5)).message == "waiting for the first pair"


def test_it_counts_what_was_there_before() -> None:
    state = state_of(Progress(total=50, before=10, written=7, pending=2, set="topics", free=9))
    assert (state.level, state.message) == (OK, "recording, 17 of 50 pairs")
    assert state.values["pending"] == "2"
    assert state.values["free_bytes"] == "9"
    endless = state_of(Progress(before=1, set="topics"))
    assert endless.message == "recording, 1 pairs"
