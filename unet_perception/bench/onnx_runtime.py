# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime, to compare with: no engine of this package, for it wins nowhere that matters."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.bench.measure import ENCODING, Infer
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.export import export_onnx
from unet_perception.model.onnx_file import INPUT

NAME = "onnxruntime"


def is_installed() -> bool:
    """Return whether ONNX Runtime can be compared with."""
    return find_spec(NAME) is not None


def open_session(bundle: ModelBundle, threads: int) -> tuple[Infer, str]:
    """Return how to run a network in fp32 on the processor, and by which version."""
    onnxruntime: Any = import_module(NAME)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    data = export_onnx(bundle, "fp32", ENCODING)
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def infer(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        ids: NDArray[np.uint8] = session.run(None, {INPUT: image[None]})[0][0]
        return ids

    return infer, f"version {onnxruntime.__version__}"
