# SPDX-License-Identifier: Apache-2.0
"""The network on a CPU through OpenVINO."""

from __future__ import annotations

import numpy as np
import openvino
from numpy.typing import NDArray

from unet_perception.engines.engine import EngineInfo
from unet_perception.engines.image_check import check_image
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle

_HINTS = {"fp32": "f32", "bf16": "bf16"}


class OpenVinoEngine:
    """A bundle's ONNX network, compiled for the lowest latency of one frame."""

    def __init__(self, bundle: ModelBundle, precision: str, threads: int, reason: str) -> None:
        """Compile the network; see ``open_engine`` for the arguments.

        Raises:
            EngineError: OpenVINO refuses the network, or the processor lacks bf16.
        """
        self._shape = (*bundle.spec.input_size, 3)
        core = openvino.Core()
        chosen = _choose_precision(core, precision)
        try:
            model = core.read_model(bundle.onnx)
            compiled = core.compile_model(
                model,
                "CPU",
                {
                    "PERFORMANCE_HINT": "LATENCY",
                    "NUM_STREAMS": "1",
                    "INFERENCE_NUM_THREADS": str(threads),
                    "INFERENCE_PRECISION_HINT": _HINTS[chosen],
                },
            )
        except RuntimeError as error:
            raise EngineError(f"OpenVINO cannot compile {bundle.path}: {error}") from error
        self._input = np.zeros((1, *self._shape), np.uint8)
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(openvino.Tensor(self._input, shared_memory=True))
        self.info = EngineInfo(
            name="openvino",
            version=openvino.get_version().split("-")[0],
            precision=chosen,
            device=str(core.get_property("CPU", "FULL_DEVICE_NAME")),
            reason=reason,
        )
        self.infer(self._input[0])

    def infer(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer``."""
        check_image(image, self._shape)
        np.copyto(self._input[0], image)
        try:
            self._request.infer()
        except RuntimeError as error:
            raise EngineError(f"OpenVINO failed: {error}") from error
        ids: NDArray[np.uint8] = self._request.get_output_tensor().data[0].copy()
        return ids

    def close(self) -> None:
        """Release the compiled network."""
        del self._request


def _choose_precision(core: openvino.Core, precision: str) -> str:
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise EngineError("precision is 'bf16', but this processor has no bf16; use 'fp32'")
    # bf16 takes half the time but moves about 2 of 1000 pixels: a choice for the user.
    return "fp32" if precision == "auto" else precision
