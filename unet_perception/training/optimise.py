# SPDX-License-Identifier: Apache-2.0
"""One step of the optimizer, and the moving average of the weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from unet_perception.training.recipe import Recipe, learning_rate_factor

KERAS_ADAM_EPSILON = 1e-7
"""Keras' default; PyTorch's is 1e-8."""

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""What Adam keeps for each weight, under PyTorch's names."""


class Optimiser:
    """Adam or AdamW with the recipe's schedule, clipping and loss scaling."""

    def __init__(self, model: nn.Module, recipe: Recipe, steps: int, scaled: bool) -> None:
        """Create it.

        Args:
            model: The network.
            recipe: The settings.
            steps: Of the whole run.
            scaled: Whether the loss is scaled, as float16 needs it.
        """
        self._recipe, self._steps = recipe, steps
        self._named = dict(model.named_parameters())
        kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
        self._adam = kind(
            self._named.values(),
            lr=recipe.learning_rate,
            eps=KERAS_ADAM_EPSILON,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        device = next(iter(self._named.values())).device
        self._scaler = torch.amp.GradScaler(device.type, enabled=scaled)
        self.learning_rate = recipe.learning_rate

    def step(self, loss: Tensor, number: int) -> None:
        """Go one step down.

        Args:
            loss: Of the global batch.
            number: Of the step in the run, from 0.
        """
        factor = learning_rate_factor(self._recipe, number, self._steps)
        self.learning_rate = self._recipe.learning_rate * factor
        for group in self._adam.param_groups:
            group["lr"] = self.learning_rate
        self._adam.zero_grad()
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if self._recipe.grad_clip:
            self._scaler.unscale_(self._adam)
            nn.utils.clip_grad_norm_(self._named.values(), self._recipe.grad_clip)
        self._scaler.step(self._adam)
        self._scaler.update()

    def tensors(self) -> dict[str, Tensor]:
        """Return all state as tensors by name; empty before the first step."""
        state = {
            f"{moment}.{name}": self._adam.state[weight][moment]
            for name, weight in self._named.items()
            if weight in self._adam.state
            for moment in MOMENTS
        }
        if self._scaler.is_enabled():
            scaler = self._scaler.state_dict()
            state["scaler.scale"] = torch.tensor(scaler["scale"], dtype=torch.float64)
            state["scaler.tracker"] = torch.tensor(scaler["_growth_tracker"])
        return state

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what ``tensors`` returned.

        Raises:
            KeyError: Something is missing.
        """
        for name, weight in self._named.items():
            if f"step.{name}" not in tensors:
                continue
            state = self._adam.state[weight]
            for moment in ("exp_avg", "exp_avg_sq"):
                # In the weight's own memory layout, which PyTorch's fused steps rely on.
                state[moment] = torch.zeros_like(weight).copy_(tensors[f"{moment}.{name}"])
            state["step"] = tensors[f"step.{name}"].to(weight.device)
        if self._scaler.is_enabled():
            scaler = self._scaler.state_dict()
            scaler["scale"] = float(tensors["scaler.scale"])
            scaler["_growth_tracker"] = int(tensors["scaler.tracker"])
            self._scaler.load_state_dict(scaler)


class MovingAverage:
    """A network whose weights are an exponential moving average of another's.

    Early in a run the decay is smaller, ``(1 + step) / (10 + step)``, so that the first weights
    are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start with the network's own weights."""
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay
        self._source: list[Tensor] = list(model.parameters())
        self._average: list[Tensor] = list(self.model.parameters())

    @torch.no_grad()
    def update(self, number: int) -> None:
        """Take a step of the network in; ``number`` counts the run's steps from 0."""
        decay = min(self._decay, (1 + number) / (10 + number))
        torch._foreach_lerp_(self._average, self._source, 1.0 - decay)
