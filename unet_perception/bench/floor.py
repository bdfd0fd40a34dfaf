# SPDX-License-Identifier: Apache-2.0
"""How fast the network could be: its multiply-adds over what the machine does in a second.

What it does is measured on a stack of 3x3 convolutions of a comfortable shape, in each precision:
nothing but multiply-adds, features that stay in the cache, no joining, pooling or padding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import openvino
import openvino.opset13 as opset

from unet_perception.engines.openvino import compile_options
from unet_perception.engines.openvino_core import openvino_core

# Short, so that it is sometimes left alone on a busy machine, and small enough for its caches.
CHANNELS = 128
SIDE = 24
LAYERS = 4
PROBE_MULTIPLY_ADDS = LAYERS * CHANNELS * CHANNELS * 9 * SIDE * SIDE


@dataclass(frozen=True)
class Probe:
    """Pure multiply-adds in one precision, to be timed beside the engines.

    Attributes:
        precision: ``fp32``, ``bf16`` or ``int8``.
        run: Does ``PROBE_MULTIPLY_ADDS`` of them.
    """

    precision: str
    run: Callable[[], object]


def open_probes(threads: int) -> list[Probe]:
    """Return a probe for each precision that this processor has.

    Args:
        threads: Processor threads.
    """
    core = openvino_core()
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precisions = ["fp32", *(["bf16"] if "BF16" in capabilities else []), "int8"]
    return [Probe(name, _compile(core, name, threads)) for name in precisions]


def _compile(core: openvino.Core, precision: str, threads: int) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    picture = opset.parameter([1, CHANNELS, SIDE, SIDE], np.float32)
    features = picture
    for _ in range(LAYERS):
        weights = rng.integers(-127, 128, (CHANNELS, CHANNELS, 3, 3))
        if precision == "int8":
            ends = [opset.constant(np.float32(end)) for end in (0, 255, 0, 255)]
            features = opset.fake_quantize(features, *ends, 256)
            scale = opset.constant(np.full((CHANNELS, 1, 1, 1), 1e-4, np.float32))
            stored = opset.convert(opset.constant(weights.astype(np.int8)), "f32")
            kernel = opset.multiply(stored, scale)
        else:
            kernel = opset.constant((weights * 1e-4).astype(np.float32))
        ones = [1, 1]
        features = opset.relu(opset.convolution(features, kernel, ones, ones, ones, ones))
    model = openvino.Model([features], [picture])
    compiled = core.compile_model(model, "CPU", compile_options(threads, precision == "bf16"))
    request = compiled.create_infer_request()
    request.get_input_tensor().data[:] = rng.random((1, CHANNELS, SIDE, SIDE), np.float32)
    run: Callable[[], object] = request.infer
    return run
