# SPDX-License-Identifier: Apache-2.0
"""The network as a table, layer by layer, as Keras prints one, and what it costs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.layer_table import LayerTable
from unet_perception.model.spec import ModelSpec

_TITLES = ("Layer (type)", "Output shape (N, H, W, C)", "Parameters", "Connected to")
_GAP = "  "


def summarize(architecture: str, model: nn.Module, input_size: tuple[int, int] = (96, 128)) -> str:
    """Return a table of a network's layers, and its number of parameters.

    ReLU is not listed: as in Keras it belongs to its convolution. Shapes are written
    rows, columns, channels as in Keras; PyTorch's own order is ``(N, C, H, W)``.

    Args:
        architecture: Name of its architecture.
        model: The network; its weights do not matter and may be on the meta device.
        input_size: Rows and columns of the picture.

    Raises:
        BundleError: The architecture cannot be loaded.
    """
    network = ARCHITECTURES.load(architecture)
    table = LayerTable()
    network.add_rows(table, model, input_size)
    rows = table.rows
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
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return "\n".join(
        [
            f"{network.title}, {model.n_filters} filters, {model.n_classes} classes",
            rule,
            lines[0],
            rule,
            *lines[1:],
            rule,
            f"Parameters: {total:,} ({trainable:,} trainable)",
        ]
    )


def summarize_counts(
    architecture: str, n_classes: int, n_filters: int, input_size: tuple[int, int]
) -> str:
    """Return the table of a network that there need not be.

    Raises:
        BundleError: The architecture cannot be loaded.
        ConfigError: A count is below 1.
    """
    return summarize(architecture, _without_values(architecture, n_classes, n_filters), input_size)


def multiply_adds(spec: ModelSpec) -> int:
    """Return the multiply-adds of one frame in a network's convolutions.

    Raises:
        BundleError: The architecture cannot be loaded.
    """
    model = _without_values(spec.architecture, spec.n_classes, spec.n_filters)
    total = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        # Each weight meets each place of what a convolution gives; a transposed one has its
        # weights for each place that it reads.
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        weight = layer.get_parameter("weight")
        total += weight.numel() * places.shape[-2] * places.shape[-1]

    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.register_forward_hook(count)
    model(torch.empty(1, 3, *spec.input_size, device="meta"))
    return total


def _without_values(architecture: str, n_classes: int, n_filters: int) -> nn.Module:
    # Shapes alone: no memory is taken, whatever the counts.
    with torch.device("meta"):
        return ARCHITECTURES.load(architecture).build(n_classes, n_filters).eval()
