#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# carla 0.9.16 (its client's wheel; no server is needed)
#
# Expected: transform.transform(point) returns where the point is in the world and leaves its
#           argument alone, as get_matrix() and numpy would. A camera's mount that is turned into
#           world coordinates each frame is the same mount in the next frame.
# Seen:     the argument is overwritten with the result, for points (transform) and for directions
#           (transform_vector). The second frame starts from the first one's result: the point runs
#           away from the car.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet carla==0.9.16

venv/bin/python -I - <<'PY'
import sys
from importlib.metadata import version

import carla

car = carla.Transform(carla.Location(x=10.0), carla.Rotation(yaw=90.0))


def rounded(vector):
    return tuple(round(value, 3) + 0.0 for value in (vector.x, vector.y, vector.z))


mount = carla.Location(x=1.0)
frames = [rounded(car.transform(mount)) for _ in range(3)]
ahead = carla.Vector3D(x=1.0)
turned = [rounded(car.transform_vector(ahead)) for _ in range(2)]

print("carla", version("carla"))
print(f"the same mount, 1 m ahead, in three frames of a car that stands: {frames}")
print(f"the same direction in two frames: {turned}")
if frames != [(10, 1, 0), (9, 10, 0), (0, 9, 0)] or turned != [(0, 1, 0), (-1, 0, 0)]:
    sys.exit("CHANGED")
print("as described")
PY
