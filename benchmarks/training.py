# SPDX-License-Identifier: Apache-2.0
"""Pictures a second in training, against a bare loop over tensors that are in memory already.

The bare loop is what anybody would write: forward, cross-entropy, backward, Adam, with nothing
to read, vary, count or keep. Rounds of both follow one another, so that a machine's other work
hits both alike; the time that all threads together had a core is less touched by it than the clock.

    python benchmarks/training.py [--preset default] [--steps 10] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from unet_perception.dataset import write_pair
from unet_perception.dataset.sources import Source
from unet_perception.labels import UNLABELED, load_label_set
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.training.data import TrainingData, load_data
from unet_perception.training.distributed import World, open_world
from unet_perception.training.history import Epoch
from unet_perception.training.loop import train
from unet_perception.training.precision import choose_precision, forward
from unet_perception.training.presets import load_recipe
from unet_perception.training.recipe import Recipe
from unet_perception.training.watch import Moment, Watch

CAMERA = (600, 800)


class BareLoop:
    """A network, an optimizer, and batches in memory."""

    def __init__(self, recipe: Recipe, world: World) -> None:
        """Make the batches."""
        n_classes = load_label_set(recipe.label_set).n_classes
        network = ARCHITECTURES.load(recipe.architecture)
        self._model = network.build(n_classes, recipe.n_filters).to(world.device)
        # PyTorch's annotations of Module.to leave this argument out.
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._model.train()
        self._adam = torch.optim.Adam(self._model.parameters())
        self._precision = choose_precision(recipe.precision, world.device)
        shape = (recipe.batch_size, *recipe.training_size)
        self._images = torch.rand(shape[0], 3, *shape[1:], device=world.device)
        self._masks = torch.randint(0, n_classes, shape, device=world.device)

    def run(self, steps: int) -> None:
        """Do some steps."""
        loss: Tensor = torch.zeros(())
        for _ in range(steps):
            logits = forward(self._model, self._images, self._precision)
            loss = functional.cross_entropy(logits, self._masks, ignore_index=UNLABELED)
            self._adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._adam.step()
        # A GPU is done when its result is there.
        loss.item()


class Times(NamedTuple):
    """Seconds by the clock, and seconds of cores."""

    clock: float
    cores: float

    @classmethod
    def now(cls) -> Times:
        """Return both from some moment on."""
        return cls(time.perf_counter(), time.process_time())

    def since(self, before: Times) -> Times:
        """Return both between two moments."""
        return Times(self.clock - before.clock, self.cores - before.cores)


class Between(Watch):
    """Runs the bare loop after each epoch, and notes the times of both."""

    def __init__(self, bare: BareLoop, steps: int) -> None:
        """Note nothing yet."""
        self._bare, self._steps = bare, steps
        self._began = self._ended = Times.now()
        self.rounds: list[tuple[Times, Times]] = []

    def due(self) -> bool:
        """Return true: every step is looked at."""
        return True

    def moment(self, moment: Moment) -> None:
        """Note when the last step of an epoch is done."""
        self._ended = Times.now()

    def epoch(self, epoch: Epoch, best: Epoch, model: nn.Module) -> None:
        """Note a round."""
        whole, began = self._ended.since(self._began), Times.now()
        self._bare.run(self._steps)
        self._began = Times.now()
        self.rounds.append((whole, self._began.since(began)))


def pictures(count: int, folder: Path) -> TrainingData:
    """Return pairs at a camera's size."""
    rng = np.random.default_rng(0)
    for number in range(count):
        ids = np.kron(rng.integers(0, 13, (6, 8)), np.ones((100, 100))).astype(np.uint8)
        image = rng.integers(0, 256, (*CAMERA, 3), np.uint8)
        write_pair(folder, f"{number:04d}", image, ids)
    return load_data([Source(folder)], load_label_set("carla-0.8"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--steps", type=int, default=10, help="of a round (10)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    recipe = replace(
        load_recipe(options.preset), epochs=options.rounds + 1, keep="last", patience=0
    )
    with open_world() as world, tempfile.TemporaryDirectory() as folder:
        count = recipe.batch_size * options.steps
        data = pictures(count, Path(folder, "pairs"))
        between = Between(BareLoop(recipe, world), options.steps)
        train(recipe, data, Path(folder, "run"), world=world, watch=between)
    # The first round warms up.
    rounds = between.rounds[1:]
    for name, column in (("whole", 0), ("bare", 1)):
        speed = statistics.median(count / one[column].clock for one in rounds)
        print(f"{name:>5} loop: {speed:.1f} pictures/s")
    clock = statistics.median(bare.clock / whole.clock for whole, bare in rounds)
    cores = statistics.median(bare.cores / whole.cores for whole, bare in rounds)
    print(
        f"whole / bare: {clock:.3f} by the clock, {cores:.3f} by the time of cores (preset "
        f"{options.preset}, {recipe.height}x{recipe.width}, {world.device.type}, "
        f"{choose_precision(recipe.precision, world.device)})"
    )


if __name__ == "__main__":
    main()
