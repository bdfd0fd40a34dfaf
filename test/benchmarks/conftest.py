# SPDX-License-Identifier: Apache-2.0
"""Benchmarks are scripts that lie side by side: found while they are imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before rclpy is imported.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")

# Not for longer: others of them have names of packages.
sys.path.insert(0, BENCHMARKS)
try:
    import realtime
    import soak
    import soak_watch
finally:
    sys.path.remove(BENCHMARKS)

__all__ = ["realtime", "soak", "soak_watch"]
