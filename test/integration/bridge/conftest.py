# SPDX-License-Identifier: Apache-2.0
"""A playback server, CARLA's own client in a bridge, and the test's own ROS node."""

from __future__ import annotations

from importlib.util import find_spec

from harness.fixtures import bridge, server, start_server  # noqa: F401

collect_ignore_glob = [] if find_spec("rclpy") and find_spec("carla") else ["test_*.py"]
