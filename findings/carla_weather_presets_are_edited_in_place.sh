#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# carla 0.9.16 (its client's wheel; no server is needed)
#
# Expected: carla.WeatherParameters.ClearNoon is a constant. Whoever takes it and changes a field
#           changes an object of his own.
# Seen:     the name hands out one object for the whole process. After
#           w = ClearNoon; w.precipitation = 80 it rains in every later ClearNoon, of other modules too,
#           and copy.copy() is refused. A copy is made by hand, field by field.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet carla==0.9.16

venv/bin/python -I - <<'PY'
import copy
import sys
from importlib.metadata import version

import carla

before = carla.WeatherParameters.ClearNoon.precipitation
weather = carla.WeatherParameters.ClearNoon
try:
    copy.copy(weather)
    copied = "copied"
except RuntimeError as error:
    copied = str(error).split(" instances ")[-1].split(" (")[0]
weather.precipitation = 80.0
after = carla.WeatherParameters.ClearNoon.precipitation

print("carla", version("carla"))
print(f"ClearNoon.precipitation: {before} before, {after} after a change to what was taken from it")
print(f"copy.copy of it: {copied}")
if (before, after) != (0.0, 80.0) or copied == "copied":
    sys.exit("CHANGED")
print("as described")
PY
