# SPDX-License-Identifier: Apache-2.0
"""The U-Net's layers, for the table of them."""

from __future__ import annotations

from torch import nn

from unet_perception.model.layer_table import LayerTable
from unet_perception.model.padding import STRIDE, pad_amounts
from unet_perception.model.unet import UNet


def add_rows(table: LayerTable, model: nn.Module, input_size: tuple[int, int]) -> None:
    """List the layers of a ``UNet``; see ``Architecture.add_rows``."""
    assert isinstance(model, UNet)
    height, width = input_size
    bottom, right = pad_amounts(height, width)
    first = model.get_submodule("encoder.0.conv1")
    assert isinstance(first, nn.Conv2d)
    table.add("input", "Input", input_size, first.in_channels)
    if bottom or right:
        size = (height + bottom, width + right)
        table.add("pad", f"Pad to {STRIDE}", size, first.in_channels)
    skips = []
    for depth, block in enumerate(model.encoder):
        if depth:
            rows, columns, channels = table.last.shape
            table.add(f"pool.{depth}", "MaxPool2d", (rows // 2, columns // 2), channels)
        _add_block(table, f"encoder.{depth}", block)
        skips.append(table.last)
    skips.pop()
    for step, block in enumerate(model.decoder):
        name = f"decoder.{step}"
        table.add_conv(f"{name}.up", _conv(block, "up"))
        skip, up = skips.pop(), table.last
        table.add(
            f"{name}.concat",
            "Concatenate",
            up.shape[:2],
            up.shape[2] + skip.shape[2],
            (up.name, skip.name),
        )
        _add_block(table, name, block)
    table.add_conv("head.conv", model.head.conv)
    table.add_conv("head.classifier", model.head.classifier)
    if bottom or right:
        table.add("crop", "Crop", input_size, model.n_classes)


def _add_block(table: LayerTable, name: str, block: nn.Module) -> None:
    for conv in ("conv1", "conv2"):
        table.add_conv(f"{name}.{conv}", _conv(block, conv))
    dropout = getattr(block, "dropout", None)
    if isinstance(dropout, nn.Dropout) and dropout.p > 0:
        rows, columns, channels = table.last.shape
        table.add(f"{name}.dropout", f"Dropout {dropout.p:g}", (rows, columns), channels)


def _conv(block: nn.Module, name: str) -> nn.Conv2d | nn.ConvTranspose2d:
    layer = block.get_submodule(name)
    assert isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    return layer
