#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# onnxruntime 1.32.0 (ONNX opset 18) beside OpenCV 4.14.0
#
# Expected: "nearest" takes the same pixels in an exported network's Resize and in cv2.resize, or at
#           least in one of OpenCV's two ways, INTER_NEAREST and INTER_NEAREST_EXACT, at every size.
# Seen:     with the defaults of Resize (half_pixel, round_prefer_floor) it is the first at half the
#           size and the second at a third. Where the centre falls between two pixels ONNX takes the
#           left one, INTER_NEAREST_EXACT the right one; INTER_NEAREST takes the leftmost always. A
#           mask that was resized the one way and is scored against one that was resized the other
#           way is off by a pixel along its edges, at some sizes only.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet \
  onnx==1.23.2 onnxruntime==1.32.0 opencv-python-headless==4.14.0.94 numpy==2.4.6

venv/bin/python -I - <<'PY'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

row = np.arange(12, dtype=np.float32)


def by_onnx(width):
    sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, 1, width])
    graph = helper.make_graph(
        [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="nearest")],
        "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, len(row)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, width])],
        [sizes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": row.reshape(1, 1, 1, -1)})[0]


def by_opencv(width, way):
    return cv2.resize(row[None], (width, 1), interpolation=way)


print("onnxruntime", onnxruntime.__version__, "opencv", cv2.__version__)
seen = {}
for width in (6, 4):
    seen[width] = [
        [int(value) for value in pixels.ravel()]
        for pixels in (
            by_onnx(width),
            by_opencv(width, cv2.INTER_NEAREST),
            by_opencv(width, cv2.INTER_NEAREST_EXACT),
        )
    ]
    print(f"12 pixels to {width}: ONNX, INTER_NEAREST, INTER_NEAREST_EXACT: {seen[width]}")
left, first, centre = [0, 2, 4, 6, 8, 10], [0, 3, 6, 9], [1, 4, 7, 10]
if seen != {6: [left, left, [1, 3, 5, 7, 9, 11]], 4: [centre, first, centre]}:
    sys.exit("CHANGED")
print("as described")
PY
