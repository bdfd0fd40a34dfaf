# SPDX-License-Identifier: Apache-2.0
"""Dropout that is drawn for each picture from its own key.

What is dropped depends on the seed, the epoch and the picture's position, and not on what was
drawn before or on the process that the picture is in. So a run that is resumed, or spread over
several processes, drops what it would have dropped otherwise, on CPU and GPU alike.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_PURPOSE = 2
"""Keeps these draws apart from those of order and augmentation."""


class SeededDropout(nn.Module):
    """Dropout whose draws are a hash of the picture's key and of the place in its features.

    A table of random numbers, one for each place, is multiplied by one random number of the
    picture and moved by another (Dietzfelbinger 1996, multiply-shift hashing): each place is
    dropped with the right probability, and any two independently of each other.
    """

    keys: Tensor | None = None
    """``(N, 2)`` int64 on the device, for the pictures of the next forward pass."""

    def __init__(self, p: float, number: int) -> None:
        """Create the layer.

        Args:
            p: Share of features that is dropped.
            number: Of the layer; each layer draws others.
        """
        super().__init__()
        self.p, self._number = p, number
        self._table = torch.empty(0, dtype=torch.int64)

    def forward(self, x: Tensor) -> Tensor:
        """Drop features of ``(N, C, H, W)`` while training."""
        if not self.training or self.keys is None:
            return x
        table = self._places(x)
        factor, offset = (column.reshape(-1, 1, 1, 1) for column in self.keys.unbind(1))
        # The product wraps, which is what makes its upper bits a hash. A signed number is below
        # this limit with probability p.
        limit = round((self.p - 0.5) * 2**64)
        kept = torch.addcmul(offset, table, factor) >= limit
        return x * (kept * (1.0 / (1.0 - self.p))).to(x.dtype)

    def _places(self, x: Tensor) -> Tensor:
        shape = x.shape[1:]
        if self._table.shape != shape or self._table.device != x.device:
            generator = torch.Generator().manual_seed(self._number)
            table = torch.randint(-(2**63), 2**63 - 1, tuple(shape), generator=generator)
            # Laid out as the features are, or the product would be slow.
            strides = x[0].stride()
            laid_out = torch.empty_strided(tuple(shape), strides, dtype=torch.int64)
            self._table = laid_out.copy_(table).to(x.device)
        return self._table


def seed_dropout(model: nn.Module) -> list[SeededDropout]:
    """Replace a network's dropout by seeded dropout, and return the layers."""
    layers: list[SeededDropout] = []
    for block in list(model.modules()):
        for name, dropout in block.named_children():
            if isinstance(dropout, nn.Dropout) and dropout.p > 0.0:
                layers.append(SeededDropout(dropout.p, len(layers)))
                setattr(block, name, layers[-1])
    return layers


def set_keys(
    layers: Iterable[SeededDropout],
    seed: int,
    epoch: int,
    positions: NDArray[np.int64],
    device: torch.device,
) -> None:
    """Tell the layers which pictures come next.

    Args:
        layers: All of a network's.
        seed: The run's.
        epoch: The epoch's number.
        positions: Where the pictures are in the epoch.
        device: Of the network.
    """
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    keys = np.stack(
        [
            np.random.default_rng((seed, epoch, int(position), _PURPOSE)).integers(
                low, high, 2, endpoint=True
            )
            for position in positions
        ]
    )
    # An even factor would lose the table's highest bits.
    keys[:, 0] |= 1
    tensor = torch.from_numpy(keys).to(device)
    for layer in layers:
        layer.keys = tensor
