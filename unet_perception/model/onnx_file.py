# SPDX-License-Identifier: Apache-2.0
"""A network as an ONNX file: camera pixels in, class ids out.

Built node by node from the network's weights, so that the same weights give the same
bytes whatever exporter a PyTorch release brings, and every weight keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unet_perception.errors import ConfigError, WeightsError
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.encoding import channels, fold_encoding
from unet_perception.model.graph import HALF, Graph
from unet_perception.model.spec import MAX_BATCH

INPUT = "image"
OUTPUT = "ids"
OPSET = 17
IR_VERSION = 8

PRECISIONS = ("fp32", "fp16")
"""Arithmetic that a graph can ask for."""

_TYPES: Mapping[str, tuple[int, type[np.floating[Any]]]] = {
    "fp32": (TensorProto.FLOAT, np.float32),
    "fp16": (TensorProto.FLOAT16, np.float16),
}

_STORED = (TensorProto.FLOAT, TensorProto.FLOAT16)


def build_onnx(
    architecture: str,
    weights: Mapping[str, NDArray[np.float32]],
    input_size: tuple[int, int],
    metadata: Mapping[str, str],
    half: bool = False,
    precision: str = "fp32",
    encoding: str = "rgb8",
    batch: int = 1,
) -> bytes:
    """Return the network as the bytes of an ONNX file.

    Input ``image`` is uint8 ``(batch, h, w, C)`` pixels as a camera has them, output ``ids`` is
    uint8 ``(batch, h, w)``: scaling to ``[0, 1]`` and the argmax are inside.

    Args:
        architecture: Name of the network's architecture.
        weights: Its ``state_dict`` as float32 arrays, in its order.
        input_size: Rows and columns of the input.
        metadata: Kept in the file's metadata properties.
        half: Store the weights as float16, half the size, where arithmetic stays float32.
        precision: One of ``PRECISIONS``. With ``fp16`` weights and features are float16 in the
            graph itself: a strongly typed builder needs no flag, and no tool is asked to guess.
        encoding: Order of the colours, one of ``model.encoding.ENCODINGS``. It is folded
            into the first convolution, so no pixel is moved.
        batch: Pictures at a time.

    Raises:
        BundleError: The architecture cannot be loaded.
        ConfigError: Precision, encoding or batch are outside what is allowed.
        WeightsError: A weight is too large for float16.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"precision is {precision!r}; it must be one of {', '.join(PRECISIONS)}")
    if not 1 <= batch <= MAX_BATCH:
        raise ConfigError(f"batch is {batch}; it must be 1 to {MAX_BATCH}")
    height, width = input_size
    network = ARCHITECTURES.load(architecture)
    onnx_type, array_type = _TYPES[precision]
    graph = Graph(fold_encoding(dict(weights), encoding), half, precision == "fp16")
    x = graph.add("Cast", [INPUT], to=onnx_type)
    # Not folded into the weights: in float16 they would come near the subnormal numbers.
    scale = np.array([1.0 / 255.0], array_type)
    x = graph.add("Mul", [x, graph.constant("scale", scale)])
    x = graph.add("Transpose", [x], perm=[0, 3, 1, 2])
    x = network.add_layers(graph, x, input_size)
    x = graph.add("ArgMax", [x], axis=1, keepdims=0)
    if precision == "fp16":
        # TensorRT promises uint8 from floating point only; ids up to 2048 are exact.
        x = graph.add("Cast", [x], to=onnx_type)
    graph.add("Cast", [x], output=OUTPUT, to=TensorProto.UINT8)
    shape = [batch, height, width, channels(encoding)]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            architecture,
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, shape)],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.UINT8, shape[:3])],
            initializer=graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="unet_perception",
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def read_weights(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the weights in an ONNX file that ``build_onnx`` made, by their names.

    Raises:
        WeightsError: The bytes are no such file.
    """
    try:
        model = onnx.load_model_from_string(data)
        tensors = [t for t in model.graph.initializer if "." in t.name]
        return {tensor.name.removesuffix(HALF): _to_array(tensor) for tensor in tensors}
    except Exception as error:
        # protobuf's own, of a module without types, and whatever odd shapes and types raise.
        raise WeightsError(f"the network is no ONNX file of this package: {error}") from error


def _to_array(tensor: TensorProto) -> NDArray[np.float32]:
    # With data of its own: an external tensor would be read from any file that it names.
    if tensor.data_location != TensorProto.DEFAULT or tensor.data_type not in _STORED:
        raise ValueError(f"{tensor.name} is stored in another way")
    return np.asarray(numpy_helper.to_array(tensor), np.float32)
