# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from realtime_records import (
    Recorder,
    RunFailedError,
    Window,
    outcome,
    read_records,
    served_beyond,
    stamp_of,
    values_of,
)

MS = 1_000_000
PERIOD = 100 * MS
ALL = Window(0, 1 << 62)


def sent(count: int) -> Any:
    """Frame N is sent at N periods; its stamp is of another clock."""
    frames = np.arange(count, dtype=np.int64)
    return np.stack([7_000 * PERIOD + frames * PERIOD + frames, frames * PERIOD], axis=1)


def answered(frames: Any, which: list[int], taken_ms: float = 20.0) -> Any:
    """Masks of some of the frames, all after the same time."""
    return frames[which] + np.array([0, round(taken_ms * MS)])


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_every_frame_of_the_window_is_received_or_not(came: list[bool], data: Any) -> None:
    frames = sent(len(came))
    begin = data.draw(st.integers(0, len(came)))
    end = data.draw(st.integers(begin, len(came)))
    arrived = answered(frames, [n for n, yes in enumerate(came) if yes], 123.0)
    result = outcome(frames, arrived, Window(begin * PERIOD, end * PERIOD))
    assert result.sent == end - begin
    assert result.received == sum(came[begin:end])
    assert result.latencies.tolist() == [123.0] * result.received
    assert result.seconds == pytest.approx((end - begin) / 10)


def test_a_frame_counts_by_its_sending_however_late_its_mask_is() -> None:
    frames = sent(4)
    result = outcome(frames, answered(frames, [0, 1, 2, 3], 950.0), Window(0, 2 * PERIOD))
    assert result.sent == 2
    assert result.latencies.tolist() == [950.0, 950.0]


def test_a_mask_of_no_frame_fails() -> None:
    frames = sent(3)
    with pytest.raises(RunFailedError, match="which no frame had"):
        outcome(frames, answered(frames, [0, 1]) + np.array([1, 0]), ALL)


@pytest.mark.parametrize("which", [[0, 2, 1], [0, 1, 1]])
def test_a_mask_out_of_order_or_twice_fails(which: list[int]) -> None:
    frames = sent(3)
    with pytest.raises(RunFailedError, match="the mask of frame 1 came after that of frame"):
        outcome(frames, answered(frames, which), ALL)


def test_a_mask_before_its_frame_fails() -> None:
    frames = sent(3)
    with pytest.raises(RunFailedError, match="before its frame was sent"):
        outcome(frames, answered(frames, [0, 1], -5.0), ALL)


def test_no_mask_at_all_is_no_failure_here() -> None:
    result = outcome(sent(3), np.zeros((0, 2), np.int64), ALL)
    assert (result.sent, result.received) == (3, 0)


def test_values_are_those_of_the_frames_in_the_window() -> None:
    frames = sent(4)
    noted = np.stack([frames[:, 0], np.array([10, 11, 12, 13])], axis=1)
    assert values_of(frames, noted, Window(PERIOD, 3 * PERIOD)).tolist() == [11, 12]


def test_a_later_mask_says_that_nothing_older_follows() -> None:
    frames = sent(4)
    moment = int(frames[2, 1])
    assert not served_beyond(frames, np.zeros((0, 2), np.int64), moment)
    assert not served_beyond(frames, answered(frames, [0, 1, 2]), moment)
    assert served_beyond(frames, answered(frames, [0, 1, 3]), moment)


@given(st.lists(st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 2)), st.integers(0, 15))
def test_what_was_noted_is_read(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("records") / "file"
    assert read_records(path).shape == (0, 2)
    recorder = Recorder(path)
    for stamp, value in pairs:
        recorder.note(stamp, value)
    with path.open("ab") as file:
        file.write(b"x" * cut)  # A record that is being written.
    assert read_records(path).tolist() == [list(pair) for pair in pairs]


def test_the_stamp_of_a_serialised_message() -> None:
    pytest.importorskip("rclpy", reason="ROS is not installed")
    from rclpy.serialization import serialize_message
    from sensor_msgs.msg import Image

    message = Image(encoding="mono8")
    message.header.stamp.sec, message.header.stamp.nanosec = 1_700_000_000, 999_999_999
    assert stamp_of(serialize_message(message)) == 1_700_000_000_999_999_999
