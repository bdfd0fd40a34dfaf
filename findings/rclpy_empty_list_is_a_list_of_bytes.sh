#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# rclpy 9.1.2 (ROS 2 Kilted), its wheel on the package index
#
# Expected: declare_parameter("cameras", []) declares a list that is empty for now, of whatever
#           type it is given first.
# Seen:     Python's empty list has no type of its own, and rclpy takes it for BYTE_ARRAY. The
#           parameter is of that type for good: a list of texts, numbers or flags is refused, with
#           two numbers in place of the types. The type has to be declared where the default is empty:
#           declare_parameter("cameras", Parameter.Type.STRING_ARRAY) has no default at all, and
#           [""] is the usual way out.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet ros-rclpy==9.1.2 ros-rmw-fastrtps-cpp==9.3.3

export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_DOMAIN_ID=83
venv/bin/python -I - <<'PY'
import sys
from importlib.metadata import version

import rclpy
from rclpy.parameter import Parameter

rclpy.init()
node = rclpy.create_node("finding")
declared = node.declare_parameter("cameras", []).type_
answers = [
    node.set_parameters([Parameter("cameras", value=value)])[0]
    for value in (["front", "rear"], [1, 2], [0.5], [True])
]
rclpy.shutdown()

print("rclpy", version("ros-rclpy"))
print(f"type of a parameter that was declared as []: {declared!r}")
print(f'set to ["front", "rear"]: {answers[0].successful}, {answers[0].reason}')
if declared != Parameter.Type.BYTE_ARRAY.value or any(answer.successful for answer in answers):
    sys.exit("CHANGED")
print("as described")
PY
