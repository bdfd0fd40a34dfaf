# SPDX-License-Identifier: Apache-2.0
"""Scores of a network on pairs that it is not trained on, at its own size."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unet_perception.errors import LabelSetError
from unet_perception.training.augment import Augmentation
from unet_perception.training.batch import Batch, make_batch
from unet_perception.training.data import ValidationSet
from unet_perception.training.distributed import World
from unet_perception.training.feed import in_threads, threads_for
from unet_perception.training.history import Checked
from unet_perception.training.precision import forward
from unet_perception.training.recipe import Recipe
from unet_perception.training.tally import Counts, count_answers
from unet_perception.training.targets import Targets


def validate(
    model: nn.Module,
    part: ValidationSet,
    targets: Targets,
    recipe: Recipe,
    precision: str,
    world: World,
) -> Checked:
    """Score a network; every process scores its share of the pairs.

    Args:
        model: In evaluation mode.
        part: The pairs.
        targets: Meaning of the training ids.
        recipe: Has the size of the input and of batches.
        precision: As ``choose_precision`` returned it.
        world: The processes.
    """
    mine = np.arange(len(part.examples))[world.rank :: world.size]
    per_process = max(1, recipe.batch_size // world.size)
    total = torch.zeros(targets.n_ids * targets.n_classes, dtype=torch.int64, device=world.device)

    def make(at: NDArray[np.int64]) -> Batch:
        return make_batch(
            part.examples, at, at, 0, 0, recipe.input_size, Augmentation.none(), world.device
        )

    jobs = [mine[start : start + per_process] for start in range(0, len(mine), per_process)]
    for _, batch in in_threads(make, jobs, threads_for(world.device, world.size)):
        total += count_answers(answer(model, batch.images, precision), batch.masks, targets)
    counts = Counts(targets, world.total(total).cpu().numpy())
    return _checked(part, counts)


@torch.inference_mode()
def answer(model: nn.Module, images: Tensor, precision: str) -> Tensor:
    """Return the logits for pictures, ``(N, n_classes, H, W)``."""
    return forward(model, images, precision)


def _checked(part: ValidationSet, counts: Counts) -> Checked:
    groups = part.groups
    scores, label_set = counts.scores(), groups.target
    if groups.is_partial:
        try:
            scores = counts.scores_in(part.table, groups.back_table, groups.source.n_classes)
            label_set = groups.source
        except LabelSetError:
            # Where groups overlap, only pixels with a single class can be compared.
            pass
    return Checked(
        part.name, label_set.name, scores.miou, scores.accuracy, whole=not groups.is_partial
    )
