# SPDX-License-Identifier: Apache-2.0
"""Topics of a bridge with its default settings."""

from __future__ import annotations

from typing import Any

EGO = "/carla/ego_vehicle"
RGB = f"{EGO}/rgb_front"
SEMANTIC = f"{EGO}/semantic_segmentation_front"


def nanoseconds(header: Any) -> int:
    """Stamp of a header."""
    return int(header.stamp.sec * 10**9 + header.stamp.nanosec)
