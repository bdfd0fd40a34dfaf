# SPDX-License-Identifier: Apache-2.0
"""One optimiser step, of which each process does its share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.labels import UNLABELED
from unet_perception.training.augment.paste import find_things
from unet_perception.training.batch import Batch, make_batch
from unet_perception.training.class_weights import class_weights
from unet_perception.training.data import TrainingData
from unet_perception.training.distributed import World
from unet_perception.training.dropout import seed_dropout, set_keys
from unet_perception.training.loss import SegmentationLoss
from unet_perception.training.order import Step
from unet_perception.training.precision import forward
from unet_perception.training.recipe import Recipe
from unet_perception.training.state import RunState
from unet_perception.training.tally import count_answers


@dataclass(frozen=True)
class Share:
    """What one process does of a step.

    Attributes:
        indices: Examples; at least one.
        positions: Where they are in the epoch.
        counts: Whether they count; where a step has fewer pictures than there are processes,
            one without a share computes something all the same, because the others wait for it.
        pictures: Of the whole step.
    """

    indices: NDArray[np.int64]
    positions: NDArray[np.int64]
    counts: bool
    pictures: int

    @classmethod
    def of(cls, step: Step, rank: int, world: int) -> Share:
        """Return a process' share."""
        mine = step.share(rank, world)
        counts = len(mine.indices) > 0
        if not counts:
            mine = Step(step.indices[:1], step.positions[:1])
        return cls(mine.indices, mine.positions, counts, len(step.indices))


class StepMaker:
    """Makes batches and steps."""

    def __init__(self, recipe: Recipe, data: TrainingData, world: World, state: RunState) -> None:
        """Prepare what all steps have in common.

        Args:
            recipe: The settings.
            data: What is trained on.
            world: The processes.
            state: Changed by every step.
        """
        self._recipe, self._data, self._world, self._state = recipe, data, world, state
        self._dropout = seed_dropout(state.model)
        self._model = world.join(state.model)
        weights = class_weights(recipe.class_weights, data.pixels_of_ids(), data.targets)
        self._loss = SegmentationLoss(
            data.targets, weights, recipe.dice, recipe.lovasz, recipe.label_smoothing
        )
        self._things = (
            find_things(data.examples.counts, data.targets.label_set)
            if recipe.augment.paste
            else None
        )

    def batch(self, share: Share) -> Batch:
        """Return the pictures of a share; threads may call this."""
        batch = make_batch(
            self._data.examples,
            share.indices,
            share.positions,
            self._state.epoch,
            self._recipe.seed,
            self._recipe.training_size,
            self._recipe.augment,
            self._world.device,
            whole=self._recipe.input_size,
            things=self._things,
        )
        if not share.counts:
            batch.masks.fill_(UNLABELED)
        return batch

    def step(self, share: Share, batch: Batch, number: int) -> None:
        """Do a step of the run.

        Args:
            share: This process's.
            batch: What ``batch`` returned for it.
            number: Of the step in the run, from 0.
        """
        state, targets = self._state, self._data.targets
        set_keys(self._dropout, self._recipe.seed, state.epoch, share.positions, self._world.device)
        logits = forward(self._model, batch.images, state.precision)
        sums = self._loss(logits, batch.masks)
        with torch.no_grad():
            counts = count_answers(logits, batch.masks, targets)
            own = torch.stack([self._loss.pixel_weights(batch.masks), sums.pixel, sums.region])
            total = self._world.total(torch.cat([own.detach().double(), counts.double()]))
        weight = total[0].clamp(min=1e-12)
        # What the processes' gradients are a mean of must add up to the loss of all pictures.
        share_of_loss = sums.pixel / weight.float() + sums.region / share.pictures
        state.optimiser.step(share_of_loss * self._world.size, number)
        state.average_weights(number)
        loss = total[1] / weight + total[2] / share.pictures
        state.sums.add(loss, share.pictures, total[3:])
