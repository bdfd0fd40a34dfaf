# SPDX-License-Identifier: Apache-2.0
"""Running an exported ONNX file on the processor, as it is."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import EngineError

Run = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""uint8 pixels ``(n, h, w, C)`` to class ids ``(n, h, w)``, the caller's to keep."""


def open_onnx(data: bytes) -> tuple[Run, str]:
    """Compile a file's bytes; return how to run them, and by what.

    ONNX Runtime first, where it is installed: it is the format's own. OpenVINO
    otherwise. Both compute in float32 here, a float16 graph as well: processors have no half.

    Raises:
        EngineError: Neither is installed, or it refuses the file.
    """
    try:
        if find_spec("onnxruntime"):
            return _with_onnx_runtime(data)
        if find_spec("openvino"):
            return _with_openvino(data)
    except Exception as error:
        # Each library has a family of exceptions of its own, some straight from Exception.
        raise EngineError(f"the exported file cannot be run: {error}") from error
    raise EngineError("not installed: pip install onnxruntime (or openvino) to check the export")


def _with_onnx_runtime(data: bytes) -> tuple[Run, str]:
    # By name: it is no dependency, and type checkers find it in few places.
    onnxruntime: Any = import_module("onnxruntime")
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        ids: NDArray[np.uint8] = session.run(None, {name: pixels})[0]
        return ids

    return run, f"ONNX Runtime {onnxruntime.__version__}"


def _with_openvino(data: bytes) -> tuple[Run, str]:
    import openvino

    from unet_perception.engines.openvino_core import openvino_core

    core = openvino_core()
    # Without the hint a processor with bf16 would use it.
    compiled = core.compile_model(core.read_model(data), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        ids: NDArray[np.uint8] = compiled(pixels)[0].copy()
        return ids

    return run, f"OpenVINO {openvino.get_version().split('-')[0]}"
