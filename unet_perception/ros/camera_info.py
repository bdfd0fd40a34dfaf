# SPDX-License-Identifier: Apache-2.0
"""``sensor_msgs/CameraInfo``: where it is published, and what it says."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

TRANSPORTS = ("compressed", "compressedDepth")
"""Last names of topics that ``image_transport`` puts below an image topic."""


def sibling_topic(image_topic: str) -> str:
    """Return the topic of the camera_info that belongs to an image topic.

    ``/cam/image`` and ``/cam/image/compressed`` both have ``/cam/camera_info``.
    """
    parts = image_topic.split("/")
    if parts[-1] in TRANSPORTS and len(parts) > 2:
        parts.pop()
    return "/".join([*parts[:-1], "camera_info"])


def for_picture(info: Any, header: Any, width: int, height: int) -> Any:
    """Return a copy of a CameraInfo for a picture of the same camera.

    Args:
        info: The camera's own message.
        header: Header of the picture.
        width: Columns of the picture; intrinsics are scaled where the camera has others.
        height: Rows of the picture.
    """
    result = deepcopy(info)
    result.header = header
    if (info.width, info.height) == (width, height) or not (info.width and info.height):
        return result
    x, y = width / info.width, height / info.height
    result.width, result.height = width, height
    result.k = _scaled_rows(info.k, x, y)
    result.p = _scaled_rows(info.p, x, y)
    roi = result.roi
    roi.x_offset, roi.width = round(roi.x_offset * x), round(roi.width * x)
    roi.y_offset, roi.height = round(roi.y_offset * y), round(roi.height * y)
    return result


def fill_pinhole(info: Any, width: int, height: int, fov: float, row: float) -> None:
    """Describe CARLA's camera, an ideal pinhole.

    Args:
        info: Message to fill; its header is left alone.
        width: Columns.
        height: Rows.
        fov: Horizontal field of view in degrees.
        row: Row of the optical axis.
    """
    focal = width / (2.0 * math.tan(math.radians(fov) / 2.0))
    column = width / 2.0
    info.width, info.height = width, height
    info.distortion_model = "plumb_bob"
    info.d = [0.0] * 5
    info.k = [focal, 0.0, column, 0.0, focal, row, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.p = [focal, 0.0, column, 0.0, 0.0, focal, row, 0.0, 0.0, 0.0, 1.0, 0.0]


def _scaled_rows(matrix: Any, x: float, y: float) -> list[float]:
    columns = len(matrix) // 3
    scales = [x] * columns + [y] * columns + [1.0] * columns
    return [float(value * scale) for value, scale in zip(matrix, scales, strict=True)]
