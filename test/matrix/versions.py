# SPDX-License-Identifier: Apache-2.0
"""Prints what an environment of the matrix consists of."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    *("ros-rclpy", "ros-rmw-fastrtps-cpp", "ros-common-interfaces"),
    *("numpy", "opencv-python-headless", "openvino", "onnx", "carla", "rosbags", "torch"),
    *("aiohttp", "Jinja2", "msgpack", "PyYAML", "rich", "isal"),
)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


print("python", platform.python_version(), *(f"{name} {_version(name)}" for name in PACKAGES))
