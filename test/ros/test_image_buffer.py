# SPDX-License-Identifier: Apache-2.0
"""Pictures that are written straight into a message's memory."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.ros.transport.outputs import ImageBuffer


def test_what_is_written_is_in_the_message() -> None:
    buffer = ImageBuffer("rgb8")
    buffer.pixels(2, 3)[:] = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    message = buffer.message
    assert (message.height, message.width, message.step) == (2, 3, 9)
    assert bytes(message.data) == bytes(range(18))


def test_a_size_without_memory_for_it_leaves_the_last_one_whole() -> None:
    buffer = ImageBuffer("mono8")
    buffer.pixels(2, 3)[:] = 7
    with pytest.raises(MemoryError):
        buffer.pixels(2**30, 2**30)
    message = buffer.message
    assert (message.height, message.width, message.step) == (2, 3, 3)
    assert np.all(buffer.pixels(2, 3) == 7)
    buffer.pixels(2, 3)[:] = 8
    assert bytes(message.data) == bytes([8] * 6)
