# SPDX-License-Identifier: Apache-2.0
"""Live semantic segmentation of CARLA's camera for ROS 2."""

__version__ = "0.1.0"
