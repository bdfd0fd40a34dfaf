# SPDX-License-Identifier: Apache-2.0
"""Nodes and weights of an ONNX graph, as an architecture adds its layers to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from unet_perception.errors import WeightsError

HALF = ":half"
"""Ends the name of a weight that is stored as float16 and computed in float32."""


class Graph:
    """Nodes and initializers as they are added, one output name each."""

    def __init__(
        self, weights: Mapping[str, NDArray[np.float32]], stored_half: bool, half: bool
    ) -> None:
        """Add the weights.

        Args:
            weights: By their names.
            stored_half: Store them as float16, and compute in float32.
            half: Compute in float16 as well.

        Raises:
            WeightsError: One is too large for float16.
        """
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
        """Add a constant, and return its name."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, op: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        """Add a node, and return the name of its output."""
        name = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x: str, name: str, kernel: int) -> str:
        """Add a convolution with a bias that keeps the size."""
        pad = kernel // 2
        return self.add(
            "Conv",
            [x, f"{name}.weight", f"{name}.bias"],
            kernel_shape=[kernel, kernel],
            pads=[pad] * 4,
        )

    def conv_relu(self, x: str, name: str) -> str:
        """Add a 3x3 convolution and its ReLU."""
        return self.add("Relu", [self.conv(x, name, 3)])

    def upsample(self, x: str, name: str) -> str:
        """Add a transposed convolution that doubles the size."""
        # One row and column less at the end: Keras' "same" at stride 2 (see unet.py).
        return self.add(
            "ConvTranspose",
            [x, f"{name}.weight", f"{name}.bias"],
            kernel_shape=[3, 3],
            strides=[2, 2],
            pads=[0, 0, 1, 1],
        )


def _to_half(name: str, array: NDArray[np.float32]) -> NDArray[np.float16]:
    largest = float(np.abs(array).max(initial=0.0))
    if not largest <= float(np.finfo(np.float16).max):
        raise WeightsError(f"{name}: has a weight of {largest:g}, too large for float16")
    return array.astype(np.float16)
