# SPDX-License-Identifier: Apache-2.0
"""What stands in for CARLA: the built-in street."""
