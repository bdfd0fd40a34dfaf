# SPDX-License-Identifier: Apache-2.0
"""The built-in engines."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from unet_perception.engines.cuda_device import cuda_device
from unet_perception.engines.engine import Engine
from unet_perception.engines.kind import EngineKind, EngineRequest
from unet_perception.engines.tensorrt_library import tensorrt_library
from unet_perception.errors import EngineError


def _open_tensorrt(request: EngineRequest) -> Engine:
    from unet_perception.engines.tensorrt import TensorRtEngine

    return TensorRtEngine(
        request.bundle,
        request.precision,
        request.encoding,
        request.reason,
        request.report,
        request.batch,
    )


def _open_cuda(request: EngineRequest) -> Engine:
    from unet_perception.engines.cuda import CudaEngine

    return CudaEngine(
        request.bundle, request.precision, request.encoding, request.reason, request.batch
    )


def _open_openvino(request: EngineRequest) -> Engine:
    from unet_perception.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(
        request.bundle,
        request.precision,
        request.threads,
        request.encoding,
        request.reason,
        request.batch,
    )


def _open_pytorch(request: EngineRequest) -> Engine:
    from unet_perception.engines.pytorch import PyTorchEngine

    return PyTorchEngine(
        request.bundle,
        request.precision,
        request.threads,
        request.encoding,
        request.reason,
        request.batch,
    )


def _check_tensorrt() -> None:
    # The GPU first: its absence is the better reason, and nothing of TensorRT is safe without.
    cuda_device()
    tensorrt_library()


def _check_installed(package: str, remedy: str) -> Callable[[], None]:
    def check() -> None:
        if not find_spec(package):
            raise EngineError(f"not installed: {remedy}")

    return check


_CHECK_OPENVINO = _check_installed(
    "openvino", "pip install openvino (or the extra unet_perception[cpu])"
)
_CHECK_PYTORCH = _check_installed(
    "torch", "pip install torch (or the extra unet_perception[train])"
)

TENSORRT = EngineKind(("fp32", "fp16"), _check_tensorrt, _open_tensorrt, "tensorrt")
CUDA = EngineKind(("fp32", "fp16"), cuda_device, _open_cuda, "torch")
OPENVINO = EngineKind(("fp32", "bf16", "int8"), _CHECK_OPENVINO, _open_openvino, "openvino")
PYTORCH = EngineKind(("fp32", "bf16"), _CHECK_PYTORCH, _open_pytorch, "torch")
