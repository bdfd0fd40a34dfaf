# SPDX-License-Identifier: Apache-2.0
"""The network on a CPU through OpenVINO."""

from __future__ import annotations

import numpy as np
import openvino
from numpy.typing import NDArray

from unet_perception.engines.cpu_precision import choose_precision
from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.engines.openvino_core import openvino_core
from unet_perception.engines.openvino_network import convolution_precisions, read_network
from unet_perception.engines.processor import processor_flags
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.encoding import channels


class OpenVinoEngine(Engine):
    """A bundle's network, compiled for the lowest latency of one call."""

    def __init__(
        self,
        bundle: ModelBundle,
        precision: str,
        threads: int,
        encoding: str,
        reason: str,
        batch: int = 1,
    ) -> None:
        """Compile the network; see ``open_engine`` for the arguments.

        Raises:
            EngineError: OpenVINO refuses the network, or the precision is not to be had.
        """
        self.encoding = encoding
        size = bundle.spec.input_size
        try:
            core = openvino_core()
            has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            chosen, why = choose_precision(bundle, precision, has_bf16, processor_flags())
            # Layers that int8 leaves out take the fastest arithmetic there is beside it.
            rest = has_bf16 if chosen == "int8" else chosen == "bf16"
            # Memory of our own on both sides: nothing is copied or allocated for a frame.
            self.inputs = np.zeros((batch, *size, channels(encoding)), np.uint8)
            self._ids = np.zeros((batch, *size), np.uint8)
            model = read_network(core, bundle, chosen == "int8", encoding, batch)
            compiled = core.compile_model(model, "CPU", compile_options(threads, rest))
            self._request = compiled.create_infer_request()
            self._request.set_input_tensor(openvino.Tensor(self.inputs, shared_memory=True))
            self._request.set_output_tensor(openvino.Tensor(self._ids, shared_memory=True))
        except (RuntimeError, ValueError, LookupError, TypeError) as error:
            # OpenVINO's own, and what another network than ours leads to.
            raise EngineError(f"OpenVINO cannot compile {bundle.path}: {error}") from error
        counts = convolution_precisions(compiled)
        self.info = EngineInfo(
            name="openvino",
            version=openvino.get_version().split("-")[0],
            precision=chosen,
            device=str(core.get_property("CPU", "FULL_DEVICE_NAME")),
            reason="; ".join(filter(None, (reason, why))),
            detail=f"convolutions: {', '.join(f'{n} {name}' for name, n in counts.items())}",
        )
        self.infer_all()

    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer_all``."""
        try:
            self._request.infer()
        except RuntimeError as error:
            raise EngineError(f"OpenVINO failed: {error}") from error
        return self._ids

    def close(self) -> None:
        """Release the compiled network."""
        del self._request


def compile_options(threads: int, bf16: bool) -> dict[str, str]:
    """Return the settings that were the fastest in ``benchmarks/openvino_settings.py``."""
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
    }
