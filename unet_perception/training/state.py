# SPDX-License-Identifier: Apache-2.0
"""Everything that a run is at one moment: what a checkpoint holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unet_perception.errors import TrainingError
from unet_perception.training.checkpoint import Checkpoint, write_checkpoint
from unet_perception.training.data import TrainingData
from unet_perception.training.distributed import World
from unet_perception.training.history import Epoch
from unet_perception.training.initial import initial_model
from unet_perception.training.optimise import MovingAverage, Optimiser
from unet_perception.training.precision import FP16, choose_precision
from unet_perception.training.recipe import Recipe

MAY_DIFFER = ("checkpoint_seconds",)
"""Keys of a recipe that change nothing about the weights."""


class Sums:
    """What an epoch has added up to so far."""

    def __init__(self, size: int, device: torch.device) -> None:
        """Start with nothing; ``size`` is the number of counts."""
        self._loss = torch.zeros((), dtype=torch.float64, device=device)
        self._counts = torch.zeros(size, dtype=torch.float64, device=device)
        self.pictures = 0
        self.seconds = 0.0

    def add(self, loss: Tensor, pictures: int, counts: Tensor) -> None:
        """Take in a step: its mean loss, and the counts of what was answered."""
        self._loss += loss.detach() * pictures
        self._counts += counts
        self.pictures += pictures

    @property
    def loss(self) -> float:
        """Mean loss."""
        return float(self._loss) / self.pictures if self.pictures else 0.0

    @property
    def counts(self) -> NDArray[np.int64]:
        """What was answered for the pixels of each training id."""
        return self._counts.cpu().numpy().astype(np.int64)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "loss": float(self._loss),
            "counts": self.counts.tolist(),
            "pictures": self.pictures,
            "seconds": self.seconds,
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take back what ``as_dict`` returned."""
        self._loss.fill_(data["loss"])
        self._counts.copy_(torch.tensor(data["counts"], dtype=torch.float64))
        self.pictures, self.seconds = data["pictures"], data["seconds"]


@dataclass
class RunState:
    """A run at one moment.

    Attributes:
        recipe: The settings.
        data: What is trained on.
        world: The processes.
        all_steps: Of the whole run.
        epoch: That is trained now, from 0.
        step: Steps done in it.
        seconds: That the run took up to this epoch.
        history: Finished epochs.
    """

    recipe: Recipe
    data: TrainingData
    world: World
    all_steps: int
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Create the network and all that goes with it."""
        self.precision = choose_precision(self.recipe.precision, self.world.device)
        self.model = initial_model(self.recipe, self.data.targets.label_set, self.world.device)
        self.optimiser = Optimiser(self.model, self.recipe, self.all_steps, self.precision == FP16)
        decay = self.recipe.ema_decay
        self._average = MovingAverage(self.model, decay) if decay else None
        self.sums = self._no_sums()

    @property
    def kept_model(self) -> nn.Module:
        """The network that is validated and comes out."""
        return self._average.model if self._average else self.model

    def average_weights(self, number: int) -> None:
        """Take a step of the run into the moving average, if there is one."""
        if self._average:
            self._average.update(number)

    def is_finite(self) -> bool:
        """Return whether all weights are numbers."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.model.parameters())

    def close_epoch(self, epoch: Epoch, validating: float) -> None:
        """Go on to the next epoch; ``validating`` is how long validation took."""
        self.history.append(epoch)
        self.seconds += self.sums.seconds + validating
        self.epoch, self.step = self.epoch + 1, 0
        self.sums = self._no_sums()

    def save(self, path: Path) -> None:
        """Write a checkpoint.

        Raises:
            TrainingError: It cannot be written.
        """
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        if self._average:
            average = self._average.model.state_dict()
            tensors.update({f"average.{name}": value for name, value in average.items()})
        tensors.update(self.optimiser.tensors())
        facts = {
            **self._identity(),
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "sums": self.sums.as_dict(),
            "history": [epoch.as_dict() for epoch in self.history],
        }
        write_checkpoint(path, Checkpoint(tensors, facts))

    def load(self, checkpoint: Checkpoint, path: Path) -> None:
        """Go on from a checkpoint.

        Args:
            checkpoint: Its contents.
            path: Its file, for messages.

        Raises:
            TrainingError: It is of another run, or damaged.
        """
        tensors, facts = checkpoint.tensors, checkpoint.facts
        self._check_identity(facts, path)
        try:
            self.model.load_state_dict(_below("model.", tensors))
            if self._average:
                self._average.model.load_state_dict(_below("average.", tensors))
            self.optimiser.load(tensors)
            self.sums.load(facts["sums"])
            self.history = [Epoch.from_dict(epoch) for epoch in facts["history"]]
            self.epoch, self.step = int(facts["epoch"]), int(facts["step"])
            self.seconds = float(facts["seconds"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingError(f"{path}: is damaged: {error}") from error

    def save_kept(self, path: Path) -> None:
        """Write the network that is kept, and nothing else.

        Raises:
            TrainingError: It cannot be written.
        """
        tensors = {f"model.{name}": value for name, value in self.kept_model.state_dict().items()}
        write_checkpoint(path, Checkpoint(tensors, {**self._identity(), "epoch": self.epoch}))

    def load_kept(self, checkpoint: Checkpoint, path: Path) -> None:
        """Take the network that ``save_kept`` wrote.

        Raises:
            TrainingError: It is of another run, or damaged.
        """
        self._check_identity(checkpoint.facts, path)
        try:
            self.kept_model.load_state_dict(_below("model.", checkpoint.tensors))
        except RuntimeError as error:
            raise TrainingError(f"{path}: is damaged: {error}") from error

    def _no_sums(self) -> Sums:
        targets = self.data.targets
        return Sums(targets.n_ids * targets.n_classes, self.world.device)

    def _identity(self) -> dict[str, Any]:
        targets = self.data.targets
        return {
            "recipe": self.recipe.flat(),
            "data": self.data.fingerprint,
            "weights of the data": [list(pair) for pair in self.data.counts_and_weights],
            "classes": targets.label_set.as_dict(),
            "groups of classes": [list(group) for group in targets.groups],
        }

    def _check_identity(self, facts: Mapping[str, Any], path: Path) -> None:
        for what, now in self._identity().items():
            before = facts.get(what)
            if what == "recipe" and isinstance(before, dict):
                for key, value in now.items():
                    # A key that the run's version did not have yet is as it was: its default.
                    if key not in MAY_DIFFER and before.get(key, value) != value:
                        raise TrainingError(
                            f"{path}: is of a run with {key} {before.get(key)!r}, and it is "
                            f"{value!r} now; a run goes on with the recipe that it began with"
                        )
            elif before != now:
                raise TrainingError(
                    f"{path}: is of a run with other data; {what} was {json.dumps(before)} "
                    f"and is {json.dumps(now)} now"
                )


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)
    }
