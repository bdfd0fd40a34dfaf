# SPDX-License-Identifier: Apache-2.0
"""The network as a table, layer by layer, as Keras prints one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from unet_perception.model.padding import STRIDE, pad_amounts
from unet_perception.model.unet import UNet, parameter_count

_TITLES = ("Layer (type)", "Output shape (N, H, W, C)", "Parameters", "Connected to")
_GAP = "  "


@dataclass(frozen=True)
class _Row:
    name: str
    kind: str
    shape: tuple[int, int, int]
    parameters: int
    inputs: tuple[str, ...]

    def cells(self) -> tuple[str, str, str, str]:
        height, width, channels = self.shape
        return (
            f"{self.name} ({self.kind})",
            f"(N, {height}, {width}, {channels})",
            f"{self.parameters:,}",
            ", ".join(self.inputs),
        )


class _Table:
    """Rows as they are added; each one reads the row before it unless told otherwise."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []

    @property
    def last(self) -> _Row:
        return self.rows[-1]

    def add(
        self,
        name: str,
        kind: str,
        size: tuple[int, int],
        channels: int,
        inputs: tuple[str, ...] | None = None,
    ) -> None:
        before = (self.last.name,) if self.rows else ()
        self.rows.append(
            _Row(name, kind, (*size, channels), 0, before if inputs is None else inputs)
        )

    def add_conv(self, name: str, layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
        height, width, _ = self.last.shape
        scale = layer.stride[0] if isinstance(layer, nn.ConvTranspose2d) else 1
        self.rows.append(
            _Row(
                name,
                type(layer).__name__,
                (height * scale, width * scale, layer.out_channels),
                sum(p.numel() for p in layer.parameters()),
                (self.last.name,),
            )
        )


def summarize(model: UNet, input_size: tuple[int, int] = (96, 128)) -> str:
    """Return a table of the network's layers, and its number of parameters.

    ReLU is not listed: as in Keras it belongs to its convolution. Shapes are written
    rows, columns, channels as in Keras; PyTorch's own order is ``(N, C, H, W)``.

    Args:
        model: The network; its weights do not matter and may be on the meta device.
        input_size: Rows and columns of the picture.
    """
    rows = _rows(model, input_size)
    cells = [_TITLES, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_TITLES))]
    lines = [
        _GAP.join(
            # Numbers stand right, words left.
            text.rjust(width) if column == 2 else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    rule = "-" * max(map(len, lines))
    total = sum(row.parameters for row in rows)
    trainable = parameter_count(model)
    return "\n".join(
        [
            f"U-Net, {model.n_filters} filters, {model.n_classes} classes",
            rule,
            lines[0],
            rule,
            *lines[1:],
            rule,
            f"Parameters: {total:,} ({trainable:,} trainable)",
        ]
    )


def summarize_counts(n_classes: int, n_filters: int, input_size: tuple[int, int]) -> str:
    """Return the table of a network that there need not be.

    Raises:
        ConfigError: A count is below 1.
    """
    # Shapes without values: no memory is taken, whatever the counts.
    with torch.device("meta"):
        model = UNet(n_classes, n_filters)
    return summarize(model, input_size)


def _rows(model: UNet, input_size: tuple[int, int]) -> list[_Row]:
    height, width = input_size
    bottom, right = pad_amounts(height, width)
    table = _Table()
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
    return table.rows


def _add_block(table: _Table, name: str, block: nn.Module) -> None:
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
