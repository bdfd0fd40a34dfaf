#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# sensor_msgs 5.5.1 (ROS 2 Kilted, code of rosidl_generator_py 0.24.2), its wheels on the package index
#
# Expected: image.data = pixels, with a numpy array of uint8, is one copy of memory: the field is a
#           sequence of bytes, and both sides have a buffer.
# Seen:     only bytes and array.array are copied as memory. A numpy array is iterated, one Python
#           object for each byte: about a second for a picture of 1920x1080, a hundred times
#           and more what the same pixels take as bytes. No warning, and the message is right; a camera
#           written like this just never reaches its rate. pixels.tobytes() is the cure.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet \
  ros-rclpy==9.1.2 ros-rmw-fastrtps-cpp==9.3.3 ros-sensor-msgs==5.5.1 numpy==2.4.6

venv/bin/python -I - <<'PY'
import sys
import time
from importlib.metadata import version

import numpy as np
from sensor_msgs.msg import Image

pixels = np.random.default_rng(0).integers(0, 256, 1920 * 1080 * 3, np.uint8)
data = {"numpy": pixels, "bytes": pixels.tobytes()}
seconds, messages = {}, {}
for name, value in data.items():
    messages[name] = Image()
    start = time.process_time()
    messages[name].data = value
    seconds[name] = max(time.process_time() - start, 1e-4)

print("sensor_msgs", version("ros-sensor-msgs"), "rosidl_generator_py", version("ros-rosidl-generator-py"))
for name, taken in seconds.items():
    print(f"6 MB from {name}: {taken:.4f} s of processor")
print("the same message:", messages["numpy"] == messages["bytes"])
if messages["numpy"] != messages["bytes"] or seconds["numpy"] < 10 * seconds["bytes"]:
    sys.exit("CHANGED")
print("as described")
PY
