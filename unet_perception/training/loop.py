# SPDX-License-Identifier: Apache-2.0
"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from unet_perception.errors import UnetPerceptionError
from unet_perception.labels import UNLABELED, load_label_set
from unet_perception.model.unet import UNet
from unet_perception.training.batches import batches, vary
from unet_perception.training.confusion import Confusion, Scores
from unet_perception.training.pixels import Pixels
from unet_perception.training.recipe import Recipe

KERAS_ADAM_EPSILON = 1e-7
"""Keras' default; PyTorch's is 1e-8."""


class TrainingError(UnetPerceptionError):
    """Training cannot go on."""


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data gave.

    Attributes:
        number: From 1.
        loss: Mean cross-entropy over the epoch.
        accuracy: Share of right pixels over the epoch, as seen while training.
        seconds: Time that it took, without validation.
        validation: Scores on the validation pictures at the network's size, or None.
    """

    number: int
    loss: float
    accuracy: float
    seconds: float
    validation: Scores | None


def train(
    recipe: Recipe,
    data: Pixels,
    validation: Pixels | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> UNet:
    """Train a network.

    Args:
        recipe: The settings; equal settings, data and machine give equal weights.
        data: Pictures and masks at the recipe's input size and in its label set.
        validation: Scored after each epoch; it does not influence the training.
        on_epoch: Called after each epoch.

    Raises:
        TrainingError: The loss is no number any more.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    n_classes = load_label_set(recipe.label_set).n_classes
    model = UNet(n_classes, recipe.n_filters).to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=recipe.learning_rate, eps=KERAS_ADAM_EPSILON
    )
    steps = recipe.epochs * math.ceil(len(data) / recipe.batch_size)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(recipe.schedule, step, steps)
    )
    for number in range(1, recipe.epochs + 1):
        model.train()
        started = time.perf_counter()
        loss_sum, right, counted = 0.0, 0, 0
        for indices in batches(len(data), recipe.batch_size, recipe.shuffle_buffer, rng):
            images, masks = _tensors(data, indices)
            if recipe.augment == "light":
                images, masks = vary(images, masks, generator)
            images, masks = images.to(device), masks.to(device)
            logits = _forward(model, images, recipe.precision)
            loss = functional.cross_entropy(logits, masks, ignore_index=UNLABELED)
            if not torch.isfinite(loss):
                raise TrainingError(
                    f"the loss is {loss.item()} in epoch {number}; lower learning_rate "
                    f"(it is {recipe.learning_rate})"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            labeled = masks != UNLABELED
            loss_sum += loss.item() * len(indices)
            right += int(((logits.argmax(1) == masks) & labeled).sum())
            counted += int(labeled.sum())
        on_epoch(
            Epoch(
                number,
                loss_sum / len(data),
                right / max(1, counted),
                time.perf_counter() - started,
                score(model, validation, recipe) if validation else None,
            )
        )
    return model.eval()


def score(model: UNet, pixels: Pixels, recipe: Recipe) -> Scores:
    """Return a network's scores on pictures at its own size."""
    device = next(model.parameters()).device
    confusion = Confusion(model.n_classes)
    model.eval()
    for start in range(0, len(pixels), recipe.batch_size):
        indices = list(range(start, min(start + recipe.batch_size, len(pixels))))
        images, _ = _tensors(pixels, indices)
        with torch.inference_mode():
            ids = _forward(model, images.to(device), recipe.precision).argmax(1)
        confusion.update(pixels.masks[indices], ids.to(torch.uint8).cpu().numpy())
    return confusion.scores()


def learning_rate_factor(schedule: str, step: int, steps: int) -> float:
    """Return what the learning rate is multiplied with at a step, counted from 0."""
    if schedule == "constant":
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * min(step, steps) / steps))


def _tensors(pixels: Pixels, indices: list[int]) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(pixels.images[indices]).permute(0, 3, 1, 2).float() / 255.0
    return images, torch.from_numpy(pixels.masks[indices]).long()


def _forward(model: nn.Module, images: Tensor, precision: str) -> Tensor:
    with torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bf16"):
        logits: Tensor = model(images.contiguous(memory_format=torch.channels_last))
    return logits.float()
