# SPDX-License-Identifier: Apache-2.0
"""What is drawn for an effect, and how a batch of pictures takes it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Values = dict[str, NDArray[np.float32]]
"""What was drawn of one effect for one picture."""

Batch = dict[str, Tensor]
"""The same for ``N`` pictures, one tensor ``(N, ...)`` for each name."""


def values(**numbers: float | NDArray[np.float64] | NDArray[np.float32]) -> Values:
    """Return numbers and arrays as float32 arrays."""
    return {name: np.asarray(number, np.float32) for name, number in numbers.items()}


def stack(drawn: list[Values], device: torch.device) -> Batch:
    """Return the values of several pictures as tensors on a device."""
    return {
        name: torch.from_numpy(np.stack([one[name] for one in drawn])).to(device)
        for name in drawn[0]
    }


def per_picture(numbers: Tensor) -> Tensor:
    """Return ``(N,)`` as ``(N, 1, 1, 1)``, or ``(N, C)`` as ``(N, C, 1, 1)``."""
    return numbers.reshape(len(numbers), -1, 1, 1)


def rows_of(images: Tensor) -> Tensor:
    """Return where the rows' centres are, ``(1, 1, H, 1)`` of 0 to 1."""
    count = images.shape[-2]
    return ((torch.arange(count, device=images.device) + 0.5) / count).reshape(1, 1, -1, 1)


def columns_of(images: Tensor) -> Tensor:
    """Return where the columns' centres are, ``(1, 1, 1, W)`` of 0 to 1."""
    count = images.shape[-1]
    return ((torch.arange(count, device=images.device) + 0.5) / count).reshape(1, 1, 1, -1)


def brightness(images: Tensor) -> Tensor:
    """Return the luma of RGB pictures, ``(N, 1, H, W)``."""
    weights = torch.tensor((0.299, 0.587, 0.114), device=images.device)
    return (images * weights.reshape(1, 3, 1, 1)).sum(1, keepdim=True)


def sky(images: Tensor, up: Tensor) -> Tensor:
    """Return where sky may be, ``(N, 1, H, W)`` of 0 to 1: bright pixels above the horizon.

    Args:
        images: RGB ``(N, 3, H, W)``.
        up: Height above the horizon in heights of the frame, ``(N, 1, H, 1)``.
    """
    return torch.sigmoid((brightness(images) - 0.42) * 13) * torch.sigmoid(up * 40)
