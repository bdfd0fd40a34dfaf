# SPDX-License-Identifier: Apache-2.0
"""What CARLA's cameras put into their BGRA pixels, as ROS encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RED = 2

FAR_M = 1000.0
DEPTH_STEPS = (256 * 256 * 256) - 1
DEPTH_WEIGHTS = np.array([65536.0, 256.0, 1.0], np.float32) * np.float32(FAR_M / DEPTH_STEPS)
"""Metres of a step in blue, green and red (CARLA's sensor reference: normalized = (R + G * 256
+ B * 256 * 256) / (256 * 256 * 256 - 1), times 1000 m)."""


@dataclass(frozen=True)
class PixelFormat:
    """How pictures of a camera are published.

    Attributes:
        encoding: Encoding of the ``sensor_msgs/Image``.
        write: Writes BGRA pixels, uint8 ``(H, W, 4)``, into the message's memory: the one
            copy of a picture.
        class_ids: The pixels are class ids.
    """

    encoding: str
    write: Callable[[NDArray[np.uint8], NDArray[Any]], object]
    class_ids: bool = False


BGRA = PixelFormat("bgra8", lambda bgra, out: np.copyto(out, bgra))
PIXEL_FORMATS = {
    "rgb": BGRA,
    "semantic_segmentation": PixelFormat(
        "mono8", lambda bgra, out: np.copyto(out, bgra[..., RED]), True
    ),
    "depth": PixelFormat("32FC1", lambda bgra, out: np.dot(bgra[..., :3], DEPTH_WEIGHTS, out=out)),
    "instance_segmentation": BGRA,
}
"""By the type of camera. Instance ids stay in green and blue, class ids in red."""
