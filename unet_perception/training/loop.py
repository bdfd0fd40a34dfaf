# SPDX-License-Identifier: Apache-2.0
"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from unet_perception.errors import ConfigError, TrainingError
from unet_perception.training.checkpoint import BEST, LAST, read_checkpoint
from unet_perception.training.data import TrainingData
from unet_perception.training.distributed import World
from unet_perception.training.failures import translated
from unet_perception.training.feed import in_threads, threads_for
from unet_perception.training.history import Epoch, Trained, best_of
from unet_perception.training.interrupts import StoppedError
from unet_perception.training.order import epoch_length, epoch_order, steps
from unet_perception.training.recipe import Recipe
from unet_perception.training.state import RunState
from unet_perception.training.step import Share, StepMaker
from unet_perception.training.tally import Counts
from unet_perception.training.validation import validate
from unet_perception.training.watch import Moment, Watch

LOOK_AFTER = 20
"""Steps after which the loss is looked at; a GPU would have to be waited for after each."""


def train(
    recipe: Recipe,
    data: TrainingData,
    folder: Path,
    *,
    resume: bool = False,
    world: World | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train a network.

    On one kind of machine equal settings and data give equal weights, to the bit, whether the run
    was stopped and resumed or not. Several processes give those of one within what the order of
    additions makes out.

    Args:
        recipe: The settings.
        data: What to train and validate on. Validation does not influence the training, but with
            ``keep`` at ``best`` it chooses the epoch.
        folder: Where checkpoints are kept.
        resume: Go on from the last checkpoint there.
        world: The processes that train together; all of them call this.
        watch: Is told how it goes.
        stop: Asked after each step whether to stop.

    Raises:
        ConfigError: The best epoch is to be kept and there is no validation.
        StoppedError: ``stop`` returned true in some process; a checkpoint was written.
        TrainingError: The loss or a weight is no number any more, the checkpoint is of another
            run, the memory is used up, or another process of the run is gone.
    """
    if not data.validation:
        for key, asked in (("keep", recipe.keep == "best"), ("patience", recipe.patience > 0)):
            if asked:
                raise ConfigError(
                    f"{key} is {getattr(recipe, key)!r}, but there are no pairs to validate on"
                )
    world = world or World()
    with translated(recipe, world):
        run = _Run(recipe, data, folder, world, watch or Watch(), stop)
        if resume:
            run.state.load(read_checkpoint(folder / LAST), folder / LAST)
        return run.finish()


class _Run:
    def __init__(
        self,
        recipe: Recipe,
        data: TrainingData,
        folder: Path,
        world: World,
        watch: Watch,
        stop: Callable[[], bool],
    ) -> None:
        self._recipe, self._data, self._folder = recipe, data, folder
        self._world, self._watch, self._stop = world, watch, stop
        length = epoch_length(data.counts_and_weights)
        self._steps = math.ceil(length / recipe.batch_size)
        self.state = RunState(recipe, data, world, self._steps * recipe.epochs)
        self._maker = StepMaker(recipe, data, world, self.state)
        self._started = self._saved = time.monotonic()
        self._pictures = 0

    def finish(self) -> Trained:
        """Train to the end."""
        state = self.state
        while not self._over():
            self._pass()
            self._close_epoch()
        kept = state.history[-1]
        if self._recipe.keep == "best":
            kept = best_of(state.history)
            state.load_kept(read_checkpoint(self._folder / BEST), self._folder / BEST)
        return Trained(state.kept_model, tuple(state.history), kept, state.seconds, state.precision)

    def _over(self) -> bool:
        history, patience = self.state.history, self._recipe.patience
        if len(history) >= self._recipe.epochs:
            return True
        return bool(patience and history) and len(history) - best_of(history).number >= patience

    def _pass(self) -> None:
        """Train what is left of an epoch."""
        recipe, state = self._recipe, self.state
        order = epoch_order(
            self._data.counts_and_weights, recipe.seed, state.epoch, recipe.shuffle_buffer or None
        )
        todo = [
            Share.of(step, self._world.rank, self._world.size)
            for step in steps(order, recipe.batch_size)[state.step :]
        ]
        threads = threads_for(self._world.device, self._world.size)
        state.model.train()
        self._started = time.monotonic()
        with closing(in_threads(self._maker.batch, todo, threads)) as batches:
            for share, batch in batches:
                self._maker.step(share, batch, state.epoch * self._steps + state.step)
                state.step += 1
                self._pictures += share.pictures
                self._after_step()

    def _after_step(self) -> None:
        state = self.state
        now = time.monotonic()
        # Each process has a clock and signals of its own; what follows must be done by all.
        due, stopped = self._world.any(
            self._world.speaks and now - self._saved >= self._recipe.checkpoint_seconds,
            self._stop(),
        )
        if due or stopped:
            self._save()
        elif state.step % LOOK_AFTER == 0 or self._world.device.type == "cpu":
            self._look()
        if stopped:
            raise StoppedError(
                f"stopped in epoch {state.epoch + 1} after step {state.step} of {self._steps}; "
                "the same command with --resume goes on from there"
            )
        if self._world.speaks and self._watch.due():
            self._watch.moment(self._moment())

    def _look(self) -> None:
        """Refuse to go on with a loss that is no number."""
        if not math.isfinite(self.state.sums.loss):
            self._give_up(f"the loss is {self.state.sums.loss}")

    def _check(self) -> None:
        """Refuse to keep what is not worth going on from."""
        self._look()
        # The last step has no loss after it that would show that it went wrong.
        if not self.state.is_finite():
            self._give_up("a weight is no number any more")

    def _give_up(self, what: str) -> None:
        state = self.state
        kept = self._folder / LAST
        where = f"; the last good checkpoint is {kept}" if kept.exists() else ""
        raise TrainingError(
            f"{what} in epoch {state.epoch + 1} after step {state.step} of {self._steps}; lower "
            f"learning_rate (it is {self._recipe.learning_rate}){where}"
        )

    def _save(self) -> None:
        self._check()
        self._count_time()
        if self._world.speaks:
            self.state.save(self._folder / LAST)
        self._saved = time.monotonic()

    def _count_time(self) -> None:
        now = time.monotonic()
        self.state.sums.seconds += now - self._started
        self._started = now

    def _close_epoch(self) -> None:
        """Validate, and keep what is worth it."""
        state = self.state
        self._check()
        self._count_time()
        state.kept_model.eval()
        checked = tuple(
            validate(
                state.kept_model,
                part,
                self._data.targets,
                self._recipe,
                state.precision,
                self._world,
            )
            for part in self._data.validation
        )
        counts = Counts(self._data.targets, state.sums.counts)
        epoch = Epoch(
            state.epoch + 1,
            state.sums.loss,
            counts.accuracy,
            counts.scores().miou,
            state.sums.seconds,
            checked,
        )
        state.close_epoch(epoch, time.monotonic() - self._started)
        best = best_of(state.history)
        if best is epoch and self._world.speaks and self._data.validation:
            state.save_kept(self._folder / BEST)
        self._started = time.monotonic()
        self._save()
        if self._world.speaks:
            self._watch.epoch(epoch, best, state.kept_model)

    def _moment(self) -> Moment:
        state = self.state
        counts = Counts(self._data.targets, state.sums.counts)
        return Moment(
            state.epoch + 1,
            self._recipe.epochs,
            state.step,
            self._steps,
            self._pictures,
            state.sums.loss,
            counts.accuracy,
            counts.scores().miou,
            state.optimiser.learning_rate,
        )
