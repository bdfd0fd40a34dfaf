# SPDX-License-Identifier: Apache-2.0
"""Several processes train what one trains."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.checkpoint import LAST, read_checkpoint  # noqa: E402
from unet_perception.training.distributed import World  # noqa: E402
from unet_perception.training.order import Step, epoch_order, steps  # noqa: E402
from unet_perception.training.step import Share  # noqa: E402


def test_shares_are_all_of_a_step_once() -> None:
    order = epoch_order([(7, 1.0)], seed=0, epoch=0)
    for step in steps(order, 4):
        shares = [Share.of(step, rank, 5) for rank in range(5)]
        taken = sorted(int(p) for share in shares if share.counts for p in share.positions)
        assert taken == sorted(step.positions.tolist())
        # One that has nothing to do still has something to compute.
        assert all(len(share.indices) for share in shares)
        assert {share.pictures for share in shares} == {len(step.indices)}
    assert isinstance(step, Step)


def test_one_process_asks_nobody() -> None:
    world = World()
    assert world.speaks
    assert world.any(True, False) == [True, False]
    assert world.total(torch.ones(2)).tolist() == [1.0, 1.0]
    model = torch.nn.Linear(1, 1)
    assert world.join(model) is model


def test_two_processes_give_what_one_gives(
    two_colours: Callable[..., Path], tmp_path: Path
) -> None:
    # 7 pairs in batches of 3: the last step has one picture, and one process has none.
    data = two_colours(count=9)
    options = "--epochs 2 --batch-size 3 --height 16 --width 32 --n-filters 2 --precision fp32"
    arguments = ["-m", "unet_perception.cli", "train", *options.split()]
    arguments += ["--set", "dice=0.5", "--set", "ema_decay=0.9", "--keep", "last"]
    arguments += ["--data", f"{data},hold_out=0.1", "--out"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run([sys.executable, *arguments, str(one)], env=environment, check=True)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", *arguments, str(two)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    # One of them speaks.
    assert done.stdout.count("epoch 1/2") == 1
    first = read_checkpoint(one.with_name("one.training") / LAST)
    second = read_checkpoint(two.with_name("two.training") / LAST)
    assert first.tensors.keys() == second.tensors.keys()
    for name, value in first.tensors.items():
        torch.testing.assert_close(second.tensors[name], value, rtol=1e-4, atol=1e-6)
    for alone, together in zip(first.facts["history"], second.facts["history"], strict=True):
        assert together["loss"] == pytest.approx(alone["loss"], rel=1e-5)
        assert together["val_miou"] == pytest.approx(alone["val_miou"], abs=0.01)
        assert together["accuracy"] == pytest.approx(alone["accuracy"], abs=0.01)
