# SPDX-License-Identifier: Apache-2.0
"""Real processes over real DDS: a node of the package on one side, a test's own on the other."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for harness/

from harness.fixtures import (  # noqa: F401
    another_peer,
    camera,
    model,
    peer,
    segmenter,
    slow_model,
)

collect_ignore_glob = [] if find_spec("rclpy") else ["test_*.py"]
