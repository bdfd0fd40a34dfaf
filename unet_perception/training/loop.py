# SPDX-License-Identifier: Apache-2.0
"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from unet_perception.errors import ConfigError, DatasetError, UnetPerceptionError
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


@dataclass(frozen=True)
class Trained:
    """What a run gave.

    Attributes:
        model: The network, in evaluation mode.
        history: Every epoch.
        kept: The epoch that the network's weights are from.
    """

    model: UNet
    history: tuple[Epoch, ...]
    kept: Epoch


def train(
    recipe: Recipe,
    data: Pixels,
    validation: Pixels | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train a network.

    Args:
        recipe: The settings; on a CPU, equal settings, data and machine give equal weights.
        data: Pictures and masks at the recipe's input size and in its label set.
        validation: Scored after each epoch. It does not influence the training, but with
            ``keep`` at ``best`` it chooses the epoch.
        on_epoch: Called after each epoch.

    Raises:
        ConfigError: The best epoch is to be kept and there is no validation.
        DatasetError: Not one pixel has a label.
        TrainingError: The loss or a weight is no number any more.
    """
    if recipe.keep == "best" and validation is None:
        raise ConfigError("keep is 'best', but there are no pairs to validate on; use 'last'")
    if (data.masks == UNLABELED).all():
        raise DatasetError("no mask has a labeled pixel; there is nothing to learn")
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = UNet(load_label_set(recipe.label_set).n_classes, recipe.n_filters).to(device)
    # PyTorch's annotations of Module.to leave this argument out.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    passes = _Passes(recipe, data, model)
    history: list[Epoch] = []
    kept: Epoch | None = None
    weights: dict[str, Tensor] = {}
    for number in range(1, recipe.epochs + 1):
        started = time.perf_counter()
        loss, accuracy = passes.run(number)
        seconds = time.perf_counter() - started
        scores = score(model, validation, recipe) if validation else None
        epoch = Epoch(number, loss, accuracy, seconds, scores)
        history.append(epoch)
        if kept is None or recipe.keep == "last" or _miou(epoch) > _miou(kept):
            kept = epoch
            if recipe.keep == "best":
                weights = {name: value.clone() for name, value in model.state_dict().items()}
        on_epoch(epoch)
    if weights:
        model.load_state_dict(weights)
    # The last step of all has no loss after it that would show that it went wrong.
    if not all(torch.isfinite(value).all() for value in model.state_dict().values()):
        raise TrainingError("a weight is no number any more; lower learning_rate")
    assert kept is not None
    return Trained(model.eval(), tuple(history), kept)


class _Passes:
    """The optimizer, the randomness, and one pass over the data at a time."""

    def __init__(self, recipe: Recipe, data: Pixels, model: UNet) -> None:
        self._recipe, self._data, self._model = recipe, data, model
        self._rng = np.random.default_rng(recipe.seed)
        self._generator = torch.Generator().manual_seed(recipe.seed)
        self._optimizer = torch.optim.Adam(
            model.parameters(), lr=recipe.learning_rate, eps=KERAS_ADAM_EPSILON
        )
        steps = recipe.epochs * math.ceil(len(data) / recipe.batch_size)
        self._scheduler = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: learning_rate_factor(recipe.schedule, step, steps)
        )

    def run(self, number: int) -> tuple[float, float]:
        """Train one epoch; return the mean loss and the share of right pixels."""
        recipe = self._recipe
        device = next(self._model.parameters()).device
        self._model.train()
        loss_sum, seen, right, counted = 0.0, 0, 0, 0
        order = batches(len(self._data), recipe.batch_size, recipe.shuffle_buffer, self._rng)
        for indices in order:
            images, masks = _tensors(self._data, indices)
            labeled = masks != UNLABELED
            # The mean over no pixel is no number, and there is nothing to learn from it.
            if not labeled.any():
                continue
            if recipe.augment == "light":
                images, masks = vary(images, masks, self._generator)
            images, masks = images.to(device), masks.to(device)
            logits = _forward(self._model, images, recipe.precision)
            loss = functional.cross_entropy(logits, masks, ignore_index=UNLABELED)
            value = loss.item()
            if not math.isfinite(value):
                raise TrainingError(
                    f"the loss is {value} in epoch {number}; lower learning_rate "
                    f"(it is {recipe.learning_rate})"
                )
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            self._scheduler.step()
            loss_sum += value * len(indices)
            seen += len(indices)
            # No prediction is 255, so an unlabeled pixel is never right.
            right += int((logits.argmax(1) == masks).sum())
            counted += int(labeled.sum())
        return loss_sum / seen, right / counted


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


def _miou(epoch: Epoch) -> float:
    # Without a labeled pixel there is no mIoU, and any other epoch is better.
    miou = epoch.validation.miou if epoch.validation else math.nan
    return -1.0 if math.isnan(miou) else miou


def learning_rate_factor(schedule: str, step: int, steps: int) -> float:
    """Return what the learning rate is multiplied with at a step, counted from 0."""
    if schedule == "constant":
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * min(step, steps) / steps))


def _tensors(pixels: Pixels, indices: list[int]) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(pixels.images[indices]).permute(0, 3, 1, 2).float() / 255.0
    return images, torch.from_numpy(pixels.masks[indices]).long()


def _forward(model: UNet, images: Tensor, precision: str) -> Tensor:
    with torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bf16"):
        logits: Tensor = model(images.contiguous(memory_format=torch.channels_last))
    return logits.float()
