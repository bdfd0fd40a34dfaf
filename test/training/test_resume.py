# SPDX-License-Identifier: Apache-2.0
"""A run that was stopped anywhere and resumed gives what it would have given, to the bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unet_perception.errors import TrainingError
from unet_perception.training.augment import Augmentation
from unet_perception.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.checkpoint import (  # noqa: E402
    BEST,
    LAST,
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from unet_perception.training.interrupts import StoppedError  # noqa: E402
from unet_perception.training.loop import train  # noqa: E402

Load = Callable[..., Any]

RECIPE = Recipe(
    epochs=3,
    batch_size=3,
    height=16,
    width=32,
    n_filters=2,
    optimizer="adamw",
    weight_decay=0.01,
    warmup=0.2,
    schedule="cosine",
    ema_decay=0.9,
    grad_clip=1.0,
    class_weights="sqrt",
    dice=0.5,
    shuffle_buffer=0,
    keep="best",
    augment=Augmentation(paste=0.5),
)
STEPS = 2
"""Of an epoch of the 5 pairs that are trained on."""


class StopAfter:
    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self) -> bool:
        self.steps -= 1
        return self.steps == 0


def same(first: Path, second: Path) -> bool:
    one, other = read_checkpoint(first), read_checkpoint(second)
    return one.tensors.keys() == other.tensors.keys() and all(
        torch.equal(value, other.tensors[name]) for name, value in one.tensors.items()
    )


def scores(folder: Path) -> list[dict[str, Any]]:
    history = read_checkpoint(folder / LAST).facts["history"]
    return [{key: value for key, value in one.items() if key != "seconds"} for one in history]


def test_a_run_stopped_after_each_step_is_the_run_that_was_not(load: Load, tmp_path: Path) -> None:
    data = load(8, 0.25)
    whole = train(RECIPE, data, tmp_path / "whole")
    for stop in range(1, STEPS * RECIPE.epochs + 1):
        folder = tmp_path / f"stopped{stop}"
        with pytest.raises(StoppedError, match="--resume goes on from there") as stopped:
            train(RECIPE, data, folder, stop=StopAfter(stop))
        epoch, step = divmod(stop - 1, STEPS)
        assert f"in epoch {epoch + 1} after step {step + 1} of {STEPS}" in str(stopped.value)
        resumed = train(RECIPE, data, folder, resume=True)
        assert same(folder / LAST, tmp_path / "whole" / LAST)
        assert same(folder / BEST, tmp_path / "whole" / BEST)
        assert scores(folder) == scores(tmp_path / "whole")
        assert resumed.kept.number == whole.kept.number
        weights, expected = resumed.model.state_dict(), whole.model.state_dict()
        assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_finished_run_resumed_is_still_finished(load: Load, tmp_path: Path) -> None:
    data = load(8, 0.25)
    first = train(RECIPE, data, tmp_path / "run")
    again = train(RECIPE, data, tmp_path / "run", resume=True)
    assert again.history == first.history
    expected = first.model.state_dict()
    assert all(
        torch.equal(value, expected[name]) for name, value in again.model.state_dict().items()
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning_rate": 0.5}, "learning_rate 0.001, and it is 0.5 now"),
        ({"epochs": 9}, "epochs 3, and it is 9 now"),
        ({"augment": Augmentation(paste=0.25)}, "augment.paste 0.5, and it is 0.25 now"),
    ],
)
def test_another_recipe_is_refused_with_key_and_both_values(
    change: dict[str, Any], words: str, load: Load, tmp_path: Path
) -> None:
    data = load(8, 0.25)
    with pytest.raises(StoppedError):
        train(RECIPE, data, tmp_path / "run", stop=StopAfter(1))
    with pytest.raises(TrainingError) as caught:
        train(replace(RECIPE, **change), data, tmp_path / "run", resume=True)
    assert words in str(caught.value)
    assert str(tmp_path / "run" / LAST) in str(caught.value)


def test_checkpoints_may_be_written_more_often(load: Load, tmp_path: Path) -> None:
    data = load(8, 0.25)
    with pytest.raises(StoppedError):
        train(RECIPE, data, tmp_path / "run", stop=StopAfter(1))
    often = replace(RECIPE, checkpoint_seconds=0)
    assert len(train(often, data, tmp_path / "run", resume=True).history) == 3


def test_other_data_are_refused(load: Load, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        train(RECIPE, load(8, 0.25), tmp_path / "run", stop=StopAfter(1))
    with pytest.raises(TrainingError, match="is of a run with other data; data was"):
        train(RECIPE, load(9, 0.25, name="other"), tmp_path / "run", resume=True)


def test_a_checkpoint_with_something_missing_is_damaged(load: Load, tmp_path: Path) -> None:
    data, path = load(8, 0.25), tmp_path / "run" / LAST
    with pytest.raises(StoppedError):
        train(RECIPE, data, path.parent, stop=StopAfter(1))
    good = read_checkpoint(path)
    for tensors, facts in (
        ({k: v for k, v in good.tensors.items() if not k.startswith("exp_avg.")}, good.facts),
        ({k: v for k, v in good.tensors.items() if "classifier" not in k}, good.facts),
        (good.tensors, {k: v for k, v in good.facts.items() if k != "sums"}),
    ):
        write_checkpoint(path, Checkpoint(tensors, facts))
        with pytest.raises(TrainingError, match="is damaged"):
            train(RECIPE, data, path.parent, resume=True)


@pytest.mark.exhaustive
def test_a_run_that_is_killed_again_and_again_is_the_run_that_was_not(
    two_colours: Callable[..., Path], tmp_path: Path
) -> None:
    data = two_colours(count=12)
    options = "--epochs 24 --batch-size 2 --height 16 --width 32 --n-filters 2 --precision fp32"
    command = [sys.executable, "-m", "unet_perception.cli", "train"]
    command += [*options.split(), "--set", "checkpoint_seconds=0", "--data", f"{data},hold_out=0.2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(out: Path, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, "--out", str(out), *more],
            env=environment,
            stdout=subprocess.DEVNULL,
        )

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(whole).wait() == 0
    last = killed.with_name("killed.training") / LAST
    moment = random.Random(0)
    for sent in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        before = last.stat().st_mtime_ns if last.exists() else 0
        process = run(killed, *(["--resume"] if last.exists() else []))
        # From its first checkpoint on it may be hit anywhere, in the middle of a file as well.
        while process.poll() is None and (not last.exists() or last.stat().st_mtime_ns == before):
            time.sleep(0.01)
        time.sleep(moment.uniform(0.0, 0.2))
        assert process.poll() is None, "it ended before it could be stopped"
        process.send_signal(sent)
        assert process.wait() == (-sent if sent == signal.SIGKILL else 130)
        assert not killed.exists()
    assert run(killed, "--resume").wait() == 0
    assert same(last, whole.with_name("whole.training") / LAST)
    assert (killed / "model.onnx").read_bytes() == (whole / "model.onnx").read_bytes()
    facts = [json.loads((out / "model.json").read_text())["training"] for out in (whole, killed)]
    assert facts[0]["history"] == facts[1]["history"]
    assert facts[0]["epoch"] == facts[1]["epoch"]
