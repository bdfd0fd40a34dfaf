#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# rclpy 9.1.2 (ROS 2 Kilted), its wheel on the package index
#
# Expected: an exception in on_configure ends the transition with ERROR, and its text is somewhere:
#           raised to the caller, as a traceback, or in the node's log.
# Seen:     the transition ends with ERROR and on_error is called, but type, text and traceback are
#           dropped: nothing is raised, stdout and stderr say nothing, and on_error gets only the
#           state. A node that catches and logs what it raises itself is the only one that can tell.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet ros-rclpy==9.1.2 ros-rmw-fastrtps-cpp==9.3.3

cat >node.py <<'PY'
from importlib.metadata import version

import rclpy
from rclpy.lifecycle import LifecycleNode


class Camera(LifecycleNode):
    def on_configure(self, state):
        raise ValueError("calibration.yaml has no focal length")

    def on_error(self, state):
        print("on_error is given", state)
        return super().on_error(state)


rclpy.init()
print("rclpy", version("ros-rclpy"))
print("on_configure:", Camera("finding").trigger_configure())
rclpy.shutdown()
PY

export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_DOMAIN_ID=84
output=$(venv/bin/python -I node.py 2>&1)
echo "$output"
if ! grep -q 'on_configure:.*ERROR' <<<"$output" || grep -qE 'focal length|ValueError|Traceback' <<<"$output"; then
  echo CHANGED >&2
  exit 1
fi
echo "as described: nothing above tells what was raised"
