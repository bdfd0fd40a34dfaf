#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# rmw_fastrtps_cpp 9.3.3 with Fast DDS 3.2.3 (ROS 2 Kilted), their wheels on the package index
#
# Expected: FASTDDS_BUILTIN_TRANSPORTS=UDPv4 turns shared memory off, as Fast DDS documents it, however
#           far discovery reaches.
# Seen:     it does where ROS_AUTOMATIC_DISCOVERY_RANGE is SUBNET. With LOCALHOST the middleware
#           sets up transports of its own, and shared memory is among them again. Two containers on the
#           host's network, set to LOCALHOST to stay off the wire and to UDPv4 as they share no
#           /dev/shm, see each other and hear nothing.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet ros-rclpy==9.1.2 ros-rmw-fastrtps-cpp==9.3.3

cat >segments.py <<'PY'
import rclpy

rclpy.init()
node = rclpy.create_node("finding")
with open("/proc/self/maps") as maps:
    print(len({line.split()[-1] for line in maps if "/dev/shm/fastdds_" in line}))
node.destroy_node()
rclpy.shutdown()
PY

segments() {
  env -u FASTDDS_DEFAULT_PROFILES_FILE ROS_DOMAIN_ID=85 ROS_AUTOMATIC_DISCOVERY_RANGE="$1" \
    FASTDDS_BUILTIN_TRANSPORTS="$2" venv/bin/python -I segments.py
}

python3 -m pip --python venv list 2>/dev/null | grep -E '^ros-(fastdds|rmw-fastrtps-cpp) '
default=$(segments SUBNET DEFAULT)
subnet=$(segments SUBNET UDPv4)
localhost=$(segments LOCALHOST UDPv4)
echo "segments of shared memory in use: SUBNET, DEFAULT: $default; SUBNET, UDPv4: $subnet; LOCALHOST, UDPv4: $localhost"
if [[ $default -eq 0 || $subnet -ne 0 || $localhost -eq 0 ]]; then
  echo CHANGED >&2
  exit 1
fi
echo "as described"
