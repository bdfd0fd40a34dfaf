# SPDX-License-Identifier: Apache-2.0
"""The U-Net as an architecture: what lies between pixels and logits, and what int8 does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unet_perception.model.architecture import Architecture, Link, Weights
from unet_perception.model.padding import pad_amounts

if TYPE_CHECKING:
    from torch import nn

    from unet_perception.model.graph import Graph
    from unet_perception.model.layer_table import LayerTable

ENCODER_DEPTH = 5

# The first sees 8-bit pixels and costs next to nothing. The last joining one reads features with
# a sign and features without one on one scale, which costs the most pixels of all; then come
# those that the answer is read off. Measured layer by layer on carla_unet.
_INT8_KEPT = (
    ("encoder.0.conv1",),
    ("encoder.0.conv1", "decoder.3.conv1", "head.classifier"),
    ("encoder.0.conv1", "decoder.3.conv1", "head.conv", "head.classifier"),
    (
        *("encoder.0.conv1", "encoder.0.conv2"),
        *("decoder.3.conv1", "decoder.3.conv2", "head.conv", "head.classifier"),
    ),
    (
        *("encoder.0.conv1", "encoder.0.conv2", "encoder.1.conv1"),
        *("decoder.3.up", "decoder.3.conv1", "decoder.3.conv2", "head.conv", "head.classifier"),
    ),
)


class _UNet(Architecture):
    """See ``model.unet``."""

    title = "U-Net"
    classifier = "head.classifier"
    int8_kept = _INT8_KEPT

    def build(self, n_classes: int, n_filters: int, in_channels: int = 3) -> nn.Module:
        """Return the network with fresh weights; see ``Architecture.build``."""
        from unet_perception.model.unet import UNet

        return UNet(n_classes, n_filters, in_channels)

    def add_layers(self, graph: Graph, x: str, input_size: tuple[int, int]) -> str:
        """Add the layers to an ONNX graph; see ``Architecture.add_layers``."""
        height, width = input_size
        bottom, right = pad_amounts(height, width)
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
        return x

    def add_rows(self, table: LayerTable, model: nn.Module, input_size: tuple[int, int]) -> None:
        """List the layers; see ``Architecture.add_rows``."""
        from unet_perception.model.unet_layers import add_rows

        add_rows(table, model, input_size)

    def links(self, weights: Weights) -> list[Link]:
        """Return where channels may be evened out; see ``Architecture.links``."""
        deepest, links = ENCODER_DEPTH - 1, []
        for depth in range(ENCODER_DEPTH):
            block = f"encoder.{depth}"
            links.append(Link(f"{block}.conv1", ((f"{block}.conv2", 0),)))
            if depth == deepest:
                links.append(Link(f"{block}.conv2", (("decoder.0.up", 0),)))
                continue
            # What skips the deeper blocks comes second where it is joined.
            joined = f"decoder.{deepest - 1 - depth}"
            skipping = (f"{joined}.conv1", weights[f"{joined}.up.bias"].size)
            links.append(Link(f"{block}.conv2", ((f"encoder.{depth + 1}.conv1", 0), skipping)))
        for step in range(deepest):
            block = f"decoder.{step}"
            after = f"decoder.{step + 1}.up" if step + 1 < deepest else "head.conv"
            links.append(Link(f"{block}.up", ((f"{block}.conv1", 0),)))
            links.append(Link(f"{block}.conv1", ((f"{block}.conv2", 0),)))
            links.append(Link(f"{block}.conv2", ((after, 0),)))
        links.append(Link("head.conv", (("head.classifier", 0),)))
        return links


UNET = _UNet()
