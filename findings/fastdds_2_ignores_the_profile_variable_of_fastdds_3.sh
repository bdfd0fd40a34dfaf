#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fast DDS 2.14.5 through rmw_fastrtps_cpp 8.4.3 (ROS 2 Jazzy), their wheels on the package index
#
# Expected: FASTDDS_DEFAULT_PROFILES_FILE names the file of profiles, as today's documentation says;
#           a release that does not know the name complains.
# Seen:     Fast DDS 2 reads FASTRTPS_DEFAULT_PROFILES_FILE alone. Under the other name the file is
#           not opened, nothing is said, and the defaults hold: 512 KiB of shared memory, which most
#           camera frames do not fit. The profile here turns shared memory off, so that it can be seen.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet ros-rclpy==7.1.6 ros-rmw-fastrtps-cpp==8.4.3

cat >profile.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns="http://www.eprosima.com">
  <profiles>
    <transport_descriptors>
      <transport_descriptor>
        <transport_id>udp</transport_id>
        <type>UDPv4</type>
      </transport_descriptor>
    </transport_descriptors>
    <participant profile_name="udp_alone" is_default_profile="true">
      <rtps>
        <userTransports><transport_id>udp</transport_id></userTransports>
        <useBuiltinTransports>false</useBuiltinTransports>
      </rtps>
    </participant>
  </profiles>
</dds>
XML

cat >segments.py <<'PY'
import rclpy

rclpy.init()
node = rclpy.create_node("finding")
with open("/proc/self/maps") as maps:
    print(len({line.split()[-1] for line in maps if "/dev/shm/fastrtps_" in line}))
node.destroy_node()
rclpy.shutdown()
PY

unset FASTDDS_DEFAULT_PROFILES_FILE FASTRTPS_DEFAULT_PROFILES_FILE FASTDDS_BUILTIN_TRANSPORTS
export ROS_DOMAIN_ID=86 ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET

python3 -m pip --python venv list 2>/dev/null | grep -E '^ros-(fastrtps|rmw-fastrtps-cpp) '
new=$(FASTDDS_DEFAULT_PROFILES_FILE=$folder/profile.xml venv/bin/python -I segments.py 2>&1)
old=$(FASTRTPS_DEFAULT_PROFILES_FILE=$folder/profile.xml venv/bin/python -I segments.py 2>&1)
echo "segments of shared memory in use, which the profile turns off: FASTDDS_...: $new; FASTRTPS_...: $old"
if [[ ! $new =~ ^[1-9][0-9]*$ || $old != 0 ]]; then
  echo CHANGED >&2
  exit 1
fi
echo "as described"
