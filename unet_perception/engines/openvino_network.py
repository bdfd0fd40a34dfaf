# SPDX-License-Identifier: Apache-2.0
"""A bundle's network as OpenVINO reads it, for one order of colours, and what became of it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import openvino
import openvino.opset13 as opset

from unet_perception.model.bundle import INT8_FILES, ModelBundle
from unet_perception.model.encoding import channels, fold_kernel

_CONVOLUTIONS = ("Convolution", "Deconvolution")
# The plugin names 8-bit arithmetic by its input: u8 behind a ReLU, i8 elsewhere.
_PRECISIONS = {"f32": "fp32", "bf16": "bf16", "f16": "fp16", "u8": "int8", "i8": "int8"}


def read_network(
    core: openvino.Core, bundle: ModelBundle, int8: bool, encoding: str, batch: int = 1
) -> openvino.Model:
    """Return the network at the bundle's input size.

    The graph is changed here rather than in ONNX: a robot needs no package to write ONNX.

    Args:
        core: Reads the files.
        bundle: The network; with ``int8`` it must have ``INT8_FILES``.
        int8: Read the int8 network instead of the ONNX file.
        encoding: Order of the colours that the input is to have.
        batch: Pictures at a time.

    Raises:
        RuntimeError: OpenVINO refuses the network.
    """
    if int8:
        graph, weights = (bundle.files[name] for name in INT8_FILES)
        model = core.read_model(graph, weights)
    else:
        model = core.read_model(bundle.onnx)
    _fold(model, encoding)
    # Not reshape(), which first checks the graph as it is: weights and input change together.
    shape = openvino.PartialShape([batch, *bundle.spec.input_size, channels(encoding)])
    model.get_parameters()[0].set_partial_shape(shape)
    model.validate_nodes_and_infer_types()
    return model


def convolution_precisions(compiled: openvino.CompiledModel) -> dict[str, int]:
    """Return in which precision the convolutions of a compiled network really run.

    Returns:
        Number of convolutions by precision, the most frequent first.
    """
    counts: Counter[str] = Counter()
    for node in compiled.get_runtime_model().get_ordered_ops():
        facts = node.get_rt_info()
        if str(facts["layerType"].astype(str)) in _CONVOLUTIONS:
            name = str(facts["runtimePrecision"].astype(str))
            counts[_PRECISIONS.get(name, name)] += 1
    return dict(counts.most_common())


def _fold(model: openvino.Model, encoding: str) -> None:
    ops = model.get_ordered_ops()
    first = next((node for node in ops if node.get_type_name() == "Convolution"), None)
    if first is None:
        raise RuntimeError("the network has no convolution")
    # Behind what unpacks half-precision or int8 storage; scales are of output channels.
    node = first.input_value(1).get_node()
    while node.get_type_name() != "Constant":
        if not node.get_input_size():
            raise RuntimeError("the first convolution's weights are not in the network")
        node = node.input_value(0).get_node()
    stored = node.get_data()
    folded = fold_kernel(stored.astype(np.float32), encoding).astype(stored.dtype)
    node.output(0).replace(opset.constant(folded, node.get_element_type()).output(0))
