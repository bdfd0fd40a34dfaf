# SPDX-License-Identifier: Apache-2.0
"""The order of the pictures in an epoch, and what is varied about them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor


def shuffled(count: int, buffer: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield each index once, each drawn at random from a window that slides over them.

    This is how tf.data shuffles: with a buffer smaller than the data the order is only
    locally random.
    """
    window: list[int] = []
    for index in range(count):
        if len(window) == buffer:
            at = int(rng.integers(buffer))
            yield window[at]
            window[at] = index
        else:
            window.append(index)
    yield from (window[i] for i in rng.permutation(len(window)))


def batches(
    count: int, batch_size: int, buffer: int, rng: np.random.Generator
) -> Iterator[list[int]]:
    """Yield the indices of one epoch in batches; the last one may be smaller."""
    batch: list[int] = []
    for index in shuffled(count, buffer, rng):
        batch.append(index)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def vary(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror pictures with their masks at random, and vary the pictures' light.

    Args:
        images: float ``(N, 3, H, W)`` in ``[0, 1]``.
        masks: ``(N, H, W)``.
        generator: Source of randomness.

    Returns:
        New tensors of the same shapes.
    """

    def draw(low: float, high: float) -> Tensor:
        values = torch.rand(len(images), 1, 1, 1, generator=generator)
        return values * (high - low) + low

    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
    masks = torch.where(mirrored[:, None, None], masks.flip(-1), masks)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * draw(0.75, 1.25) + mean + draw(-0.12, 0.12)
    return images.clamp(0.0, 1.0) ** draw(0.75, 1.35), masks
