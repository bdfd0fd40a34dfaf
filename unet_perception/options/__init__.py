# SPDX-License-Identifier: Apache-2.0
"""What a user can set: one table of options for each node, without ROS."""
