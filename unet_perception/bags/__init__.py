# SPDX-License-Identifier: Apache-2.0
"""Masks for recorded bags: rosbag2 folders and MCAP files, without ROS."""
