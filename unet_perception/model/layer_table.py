# SPDX-License-Identifier: Apache-2.0
"""The layers of a network as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Row:
    """One layer; ``shape`` is rows, columns, channels."""

    name: str
    kind: str
    shape: tuple[int, int, int]
    parameters: int
    inputs: tuple[str, ...]

    def cells(self) -> tuple[str, str, str, str]:
        """Return what stands in the columns."""
        height, width, channels = self.shape
        return (
            f"{self.name} ({self.kind})",
            f"(N, {height}, {width}, {channels})",
            f"{self.parameters:,}",
            ", ".join(self.inputs),
        )


class LayerTable:
    """Rows as they are added; each one reads the row before it unless told otherwise."""

    def __init__(self) -> None:
        """Begin without a row."""
        self.rows: list[Row] = []

    @property
    def last(self) -> Row:
        """The row that was added last."""
        return self.rows[-1]

    def add(
        self,
        name: str,
        kind: str,
        size: tuple[int, int],
        channels: int,
        inputs: tuple[str, ...] | None = None,
    ) -> None:
        """Add a layer without weights."""
        before = (self.last.name,) if self.rows else ()
        self.rows.append(
            Row(name, kind, (*size, channels), 0, before if inputs is None else inputs)
        )

    def add_conv(self, name: str, layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
        """Add a convolution, with the layer's weights."""
        height, width, _ = self.last.shape
        scale = layer.stride[0] if isinstance(layer, nn.ConvTranspose2d) else 1
        self.rows.append(
            Row(
                name,
                type(layer).__name__,
                (height * scale, width * scale, layer.out_channels),
                sum(p.numel() for p in layer.parameters()),
                (self.last.name,),
            )
        )
