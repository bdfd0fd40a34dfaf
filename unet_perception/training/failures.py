# SPDX-License-Identifier: Apache-2.0
"""What PyTorch says when the memory is used up or another process is gone, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed

from unet_perception.errors import TrainingError
from unet_perception.training.distributed import World
from unet_perception.training.recipe import Recipe


@contextmanager
def translated(recipe: Recipe, world: World) -> Iterator[None]:
    """Turn failures of memory, and of other processes of a run, into errors for its user.

    Raises:
        TrainingError: One of them came out of the block; all others pass as they are.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        words = _words(error, recipe, world)
        if not words:
            raise
        raise TrainingError(words) from error


def _words(error: Exception, recipe: Recipe, world: World) -> str:
    if _is_out_of_memory(error):
        return (
            f"the memory is used up: lower batch_size (it is {recipe.batch_size}), or height and "
            f"width (they are {recipe.height} and {recipe.width})"
        )
    if world.size > 1 and _is_of_the_network(error):
        reason = str(error).strip().split(". ")[0]
        return (
            f"another process of this run is gone, or does not answer: see what it said; the "
            f"same command with --resume goes on from the last checkpoint ({reason})"
        )
    return ""


def _is_out_of_memory(error: Exception) -> bool:
    # The allocator of a CPU has no error of its own.
    own = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return own or "can't allocate memory" in str(error)


def _is_of_the_network(error: Exception) -> bool:
    # Gloo's errors are plain, but name the file that they come from.
    return isinstance(error, distributed.DistError) or "gloo" in str(error)
