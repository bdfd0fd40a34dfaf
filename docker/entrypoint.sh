#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command with ROS and the workspace sourced.
set -e
source /ws/install/setup.bash
exec "$@"
