# SPDX-License-Identifier: Apache-2.0
"""Training pictures as tensors, varied by what is drawn for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unet_perception.training.augment import Augmentation
from unet_perception.training.augment.draw import Drawn, draw_effects, lay_on
from unet_perception.training.augment.geometry import View, draw_view, sample
from unet_perception.training.augment.paste import Things, paste
from unet_perception.training.examples import Examples

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Batch:
    """Pictures and masks on the device.

    Attributes:
        images: RGB float32 ``(N, 3, h, w)`` in 0 to 1.
        masks: Training ids uint8 ``(N, h, w)``.
    """

    images: Tensor
    masks: Tensor


def make_batch(
    examples: Examples,
    indices: Sequence[int] | NDArray[np.int64],
    positions: Sequence[int] | NDArray[np.int64],
    epoch: int,
    seed: int,
    size: tuple[int, int],
    augmentation: Augmentation,
    device: torch.device | str = "cpu",
    whole: tuple[int, int] | None = None,
    things: Things | None = None,
) -> Batch:
    """Return examples as the network takes them.

    What happens to a picture depends on the seed, the epoch, its position in the epoch and on
    nothing else: not on the batch that it is in, nor on the process.

    Args:
        examples: All examples.
        indices: Which of them.
        positions: Where each is in its epoch; the same example may come twice.
        epoch: The epoch's number.
        seed: The run's.
        size: Rows and columns of the pictures.
        augmentation: What may happen to them.
        device: Where the tensors shall be.
        whole: Rows and columns of the network's input where ``size`` is less: each picture is a
            part of the input at a random place.
        things: What ``augmentation.paste`` pastes, as ``find_things`` finds it; without it
            nothing is pasted.
    """
    count = len(indices)
    images = np.empty((count, *size, 3), np.uint8)
    masks = np.empty((count, *size), np.uint8)
    drawn: list[Drawn] = []
    for i, (index, position) in enumerate(zip(indices, positions, strict=True)):
        key = (seed, epoch, int(position))
        rng = np.random.default_rng(key)

        def seen(example: int, rng: np.random.Generator) -> tuple[View, Pixels, Pixels]:
            mask = examples.mask(example)
            view = draw_view(rng, augmentation, mask.shape, whole or size, size)
            return view, *sample(examples.image(example), mask, view)

        view, images[i], masks[i] = seen(int(index), rng)
        if things and rng.random() < augmentation.paste:
            donor = int(rng.choice(things.donors))
            # A generator of the same key draws the same view again.
            _, donor_image, donor_mask = seen(donor, np.random.default_rng(key))
            paste(rng, things, images[i], masks[i], donor_image, donor_mask)
        if rng.random() < augmentation.jpeg:
            images[i] = _compressed(images[i], int(rng.integers(15, 70)))
        drawn.append(draw_effects(rng, augmentation, view))
    pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div_(255)
    ids = torch.from_numpy(masks).to(device)
    return Batch(lay_on(pictures.contiguous(), ids, drawn), ids)


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return a picture as JPEG leaves it; that red and blue change places there hardly shows."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
