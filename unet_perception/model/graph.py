# SPDX-License-Identifier: Apache-2.0
"""The U-Net as an ONNX graph: camera pixels in, class ids out.

Built node by node from the network's weights, so that the same weights give the same
bytes whatever exporter a PyTorch release brings, and every weight keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from unet_perception.errors import ConfigError, WeightsError
from unet_perception.model.encoding import channels, fold_encoding
from unet_perception.model.padding import pad_amounts
from unet_perception.model.spec import MAX_BATCH

INPUT = "image"
OUTPUT = "ids"
OPSET = 17
IR_VERSION = 8
ENCODER_DEPTH = 5
HALF = ":half"
WEIGHT_PREFIXES = ("encoder.", "decoder.", "head.")

PRECISIONS = ("fp32", "fp16")
"""Arithmetic that a graph can ask for."""

_TYPES: Mapping[str, tuple[int, type[np.floating[Any]]]] = {
    "fp32": (TensorProto.FLOAT, np.float32),
    "fp16": (TensorProto.FLOAT16, np.float16),
}

_STORED = (TensorProto.FLOAT, TensorProto.FLOAT16)


class _Graph:
    """Nodes and initializers as they are added, one output name each."""

    def __init__(
        self, weights: Mapping[str, NDArray[np.float32]], stored_half: bool, half: bool
    ) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        for name, array in weights.items():
            if half:
                self.constant(name, _to_half(name, array))
            elif stored_half:
                self.constant(name + HALF, _to_half(name, array))
                self.add("Cast", [name + HALF], output=name, to=TensorProto.FLOAT)
            else:
                self.constant(name, array.astype(np.float32))

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, op: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        name = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x: str, name: str, kernel: int) -> str:
        pad = kernel // 2
        return self.add(
            "Conv",
            [x, f"{name}.weight", f"{name}.bias"],
            kernel_shape=[kernel, kernel],
            pads=[pad] * 4,
        )

    def conv_relu(self, x: str, name: str) -> str:
        return self.add("Relu", [self.conv(x, name, 3)])

    def upsample(self, x: str, name: str) -> str:
        # One row and column less at the end: Keras' "same" at stride 2 (see unet.py).
        return self.add(
            "ConvTranspose",
            [x, f"{name}.weight", f"{name}.bias"],
            kernel_shape=[3, 3],
            strides=[2, 2],
            pads=[0, 0, 1, 1],
        )


def build_onnx(
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
        weights: The ``state_dict`` of ``UNet`` as float32 arrays, in its order.
        input_size: Rows and columns of the input.
        metadata: Kept in the file's metadata properties.
        half: Store the weights as float16, half the size, where arithmetic stays float32.
        precision: One of ``PRECISIONS``. With ``fp16`` weights and features are float16 in the
            graph itself: a strongly typed builder needs no flag, and no tool is asked to guess.
        encoding: Order of the colours, one of ``model.encoding.ENCODINGS``. It is folded
            into the first convolution, so no pixel is moved.
        batch: Pictures at a time.

    Raises:
        ConfigError: Precision, encoding or batch are outside what is allowed.
        WeightsError: A weight is too large for float16.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"precision is {precision!r}; it must be one of {', '.join(PRECISIONS)}")
    if not 1 <= batch <= MAX_BATCH:
        raise ConfigError(f"batch is {batch}; it must be 1 to {MAX_BATCH}")
    height, width = input_size
    bottom, right = pad_amounts(height, width)
    onnx_type, array_type = _TYPES[precision]
    graph = _Graph(fold_encoding(dict(weights), encoding), half, precision == "fp16")
    x = graph.add("Cast", [INPUT], to=onnx_type)
    # Not folded into the weights: in float16 they would come near the subnormal numbers.
    scale = np.array([1.0 / 255.0], array_type)
    x = graph.add("Mul", [x, graph.constant("scale", scale)])
    x = graph.add("Transpose", [x], perm=[0, 3, 1, 2])
    if bottom or right:
        pads = np.array([0, 0, 0, 0, 0, 0, bottom, right], np.int64)
        x = graph.add("Pad", [x, graph.constant("pads", pads)])
    skips = []
    for depth in range(ENCODER_DEPTH):
        if depth:
            x = graph.add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
        x = graph.conv_relu(x, f"encoder.{depth}.conv1")
        x = graph.conv_relu(x, f"encoder.{depth}.conv2")
        skips.append(x)
    skips.pop()
    for step in range(ENCODER_DEPTH - 1):
        x = graph.upsample(x, f"decoder.{step}.up")
        x = graph.add("Concat", [x, skips.pop()], axis=1)
        x = graph.conv_relu(x, f"decoder.{step}.conv1")
        x = graph.conv_relu(x, f"decoder.{step}.conv2")
    x = graph.conv_relu(x, "head.conv")
    x = graph.conv(x, "head.classifier", 1)
    if bottom or right:
        bounds = {"starts": [0, 0], "ends": [height, width], "axes": [2, 3]}
        names = [graph.constant(k, np.array(v, np.int64)) for k, v in bounds.items()]
        x = graph.add("Slice", [x, *names])
    x = graph.add("ArgMax", [x], axis=1, keepdims=0)
    if precision == "fp16":
        # TensorRT promises uint8 from floating point only; ids up to 2048 are exact.
        x = graph.add("Cast", [x], to=onnx_type)
    graph.add("Cast", [x], output=OUTPUT, to=TensorProto.UINT8)
    shape = [batch, height, width, channels(encoding)]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "unet",
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
        tensors = [t for t in model.graph.initializer if t.name.startswith(WEIGHT_PREFIXES)]
        return {tensor.name.removesuffix(HALF): _to_array(tensor) for tensor in tensors}
    except Exception as error:
        # protobuf's own, of a module without types, and whatever odd shapes and types raise.
        raise WeightsError(f"the network is no ONNX file of this package: {error}") from error


def _to_array(tensor: TensorProto) -> NDArray[np.float32]:
    # With data of its own: an external tensor would be read from any file that it names.
    if tensor.data_location != TensorProto.DEFAULT or tensor.data_type not in _STORED:
        raise ValueError(f"{tensor.name} is stored in another way")
    return np.asarray(numpy_helper.to_array(tensor), np.float32)


def _to_half(name: str, array: NDArray[np.float32]) -> NDArray[np.float16]:
    largest = float(np.abs(array).max(initial=0.0))
    if not largest <= float(np.finfo(np.float16).max):
        raise WeightsError(f"{name}: has a weight of {largest:g}, too large for float16")
    return array.astype(np.float16)
