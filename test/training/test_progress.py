# SPDX-License-Identifier: Apache-2.0
"""What is told while it trains: lines, a bar, a sheet of samples, TensorBoard's files."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from rich.console import Console

from unet_perception.errors import ConfigError, TrainingError
from unet_perception.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.model.unet import UNet  # noqa: E402
from unet_perception.training.board import Board  # noqa: E402
from unet_perception.training.history import Checked, Epoch  # noqa: E402
from unet_perception.training.progress import Display  # noqa: E402
from unet_perception.training.sheet import SampleSheet, write_sheet  # noqa: E402
from unet_perception.training.watch import Moment  # noqa: E402

FIRST = Moment(1, 5, 1, 10, 16, 2.5, 0.1, 0.05, 1e-3)
LATER = Moment(1, 5, 6, 10, 96, 1.5, 0.6, 0.25, 1e-3)
CHECKED = (
    Checked("drive", "carla-0.8", 0.5, 0.75, True),
    Checked("roads", "carla-roads", 0.9, 0.95, False),
)


def shown(terminal: bool, epoch: Epoch) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=160)
    told: list[Epoch] = []
    with Display(console, 5) as display:
        display.add(lambda epoch, best, model: told.append(epoch))
        display.moment(FIRST)
        display.moment(LATER)
        display.epoch(epoch, epoch, UNet(2, 1))
    assert told == [epoch]
    return file.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_scores_speed_and_time_left_are_shown(terminal: bool) -> None:
    text = shown(terminal, Epoch(1, 1.25, 0.7, 0.3, 12.0, CHECKED))
    for words in (
        "1/5",
        "loss 1.5000   accuracy 0.6000   mIoU 0.2500",
        "pictures/s",
        "left",
        "epoch 1/5   loss 1.2500   accuracy 0.7000   mIoU 0.3000",
        "val accuracy 0.7500   val mIoU 0.5000 (best 0.5000 in epoch 1)   12 s",
        "val mIoU: drive (carla-0.8) 0.5000, roads (carla-roads) 0.9000",
    ):
        assert words in text
    assert ("\x1b" in text) == terminal


def test_without_validation_no_score_is_made_up() -> None:
    assert "val" not in shown(False, Epoch(1, 1.25, 0.7, 0.3, 12.0))


def test_the_sheet_has_picture_truth_and_network(load: Callable[..., Any], tmp_path: Path) -> None:
    data = load(10, 0.4)
    recipe = Recipe(height=16, width=32, n_filters=1)
    model = UNet(13, 1).eval()
    drawn = SampleSheet(recipe, data, "fp32").draw(model)
    write_sheet(tmp_path / "run" / "epoch_001.png", drawn)
    read = cv2.imread(str(tmp_path / "run" / "epoch_001.png"))
    assert (read[:, :, ::-1] == drawn).all()
    assert (SampleSheet(recipe, data, "fp32").draw(model) == drawn).all()
    # Without pairs to validate on the samples are of those that are trained on.
    SampleSheet(recipe, load(2, name="few"), "fp32").draw(model)
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        write_sheet(tmp_path / "file" / "epoch.png", drawn)


def test_tensorboard_gets_files(load: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    import numpy as np

    board = Board(tmp_path / "board")
    board.write(Epoch(1, 1.25, 0.7, float("nan"), 2.0, CHECKED), np.zeros((8, 8, 3), np.uint8))
    assert list((tmp_path / "board").glob("events.out.tfevents.*"))


def test_without_tensorboard_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigError, match="pip install tensorboard"):
        Board(tmp_path)
