# SPDX-License-Identifier: Apache-2.0
"""An architecture of another package: one block at half size, its logits scaled up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unet_perception.errors import ConfigError
from unet_perception.model.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn

    from unet_perception.model.graph import Graph
    from unet_perception.model.layer_table import LayerTable


class HalfNet(Architecture):
    """Two convolutions, the first of stride 2, a classifier, and bilinear times two."""

    title = "Half net"
    classifier = "classifier"
    int8_kept = (("first",), ("first", "classifier"))

    def build(self, n_classes: int, n_filters: int, in_channels: int = 3) -> nn.Module:
        from torch import Tensor, nn

        if min(n_classes, n_filters) < 1:
            raise ConfigError("a count is below 1")

        class Network(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.n_classes, self.n_filters = n_classes, n_filters
                self.first = nn.Conv2d(in_channels, n_filters, 3, stride=2, padding=1)
                self.second = nn.Conv2d(n_filters, n_filters, 3, padding=1)
                self.dropout = nn.Dropout(0.1)
                self.classifier = nn.Conv2d(n_filters, n_classes, 1)

            def forward(self, x: Tensor) -> Tensor:
                size = x.shape[-2:]
                x = self.second(self.first(x).relu()).relu()
                logits = self.classifier(self.dropout(x))
                return nn.functional.interpolate(logits, size, mode="bilinear")

        return Network()

    def add_layers(self, graph: Graph, x: str, input_size: tuple[int, int]) -> str:
        weights = ["first.weight", "first.bias"]
        x = graph.add("Conv", [x, *weights], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        x = graph.conv_relu(graph.add("Relu", [x]), "second")
        x = graph.conv(x, "classifier", 1)
        scales = graph.constant("scales", np.array([1, 1, 2, 2], np.float32))
        return graph.add("Resize", [x, "", scales], mode="linear")

    def add_rows(self, table: LayerTable, model: nn.Module, input_size: tuple[int, int]) -> None:
        table.add("input", "Input", input_size, 3)
        for name, layer in model.named_children():
            if name != "dropout":
                table.add_conv(name, layer)  # type: ignore[arg-type]


HALF = HalfNet()
