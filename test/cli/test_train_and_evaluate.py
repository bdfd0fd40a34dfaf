# SPDX-License-Identifier: Apache-2.0
"""From a folder of pairs to a model and its scores, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from unet_perception.dataset import DatasetInfo, list_pairs, write_info, write_pair
from unet_perception.model.bundle import load_bundle
from unet_perception.segmenter import open_segmenter
from unet_perception.training.evaluate import evaluate

pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.cli.main import main


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "drive"
    for i in range(6):
        ids = np.zeros((60, 80), np.uint8)
        ids[:, 20 + 5 * i :] = 1
        rgb = np.where(ids[..., None] == 1, np.uint8(220), np.uint8(30)).repeat(3, axis=2)
        write_pair(root, f"{i:06d}", rgb, ids)
    write_info(root, DatasetInfo("carla-0.9.14"))
    (root / "train.txt").write_text("000000 000001 000002 000003")
    (root / "val.txt").write_text("000004 000005")
    return root


SMALL = ["--height", "32", "--width", "48", "--n-filters", "2", "--batch-size", "2"]


def test_train_then_evaluate(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, scores_file = tmp_path / "model", tmp_path / "scores.json"
    arguments = ["train", "--data", str(dataset), "--out", str(model), "--epochs", "3", *SMALL]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "4 pairs to train on, 2 to validate on" in printed
    for number in (1, 2, 3):
        assert f"epoch {number}/3" in printed
    assert "accuracy" in printed
    spec = load_bundle(model).spec
    assert spec.label_set.name == "carla-0.8"
    assert spec.training["recipe"]["epochs"] == 3
    assert spec.training["data"] == [{"name": "drive", "pairs": 4}]
    assert str(tmp_path) not in (model / "model.json").read_text()

    arguments = ["evaluate", str(model), "--data", str(dataset), "--precision", "fp32"]
    assert main([*arguments, "--json", str(scores_file)]) == 0
    assert "Roads" in capsys.readouterr().out
    scores = json.loads(scores_file.read_text())
    assert scores["pairs"] == 2
    assert scores["resolution"] == "camera"
    # Roads are id 1 in the dataset and id 7 in the model: the map was applied.
    assert scores["pixels"]["Roads"] == int(sum(60 * (80 - 20 - 5 * i) for i in (4, 5)))
    segmenter = open_segmenter(str(model), precision="fp32")
    direct = evaluate(segmenter, dataset, list_pairs(dataset, "val"))
    assert scores["miou"] == pytest.approx(direct.miou)


def test_both_resolutions_count_their_own_pixels(dataset: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    main(["train", "--data", str(dataset), "--out", str(model), "--epochs", "1", *SMALL])
    segmenter = open_segmenter(str(model))
    pairs = list_pairs(dataset, "val")
    camera = evaluate(segmenter, dataset, pairs, "camera")
    network = evaluate(segmenter, dataset, pairs, "network")
    assert sum(camera.support.values()) == 2 * 60 * 80
    assert sum(network.support.values()) == 2 * 32 * 48


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "epochs is 0"),
        (["--precision", "int8"], "precision is 'int8'"),
        (["--label-set", "carla-9"], "unknown label set 'carla-9'"),
        (["--data", "absent"], "absent"),
    ],
)
def test_wrong_arguments_end_in_one_line(
    arguments: list[str],
    words: str,
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "model"
    assert main(["train", "--data", str(dataset), "--out", str(out), *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("unet-perception train: ")
    assert error.count("\n") == 1
    assert not out.exists()


def test_training_does_not_begin_when_its_result_has_no_place(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", str(dataset), "--out", str(dataset), "--epochs", "1"]) == 1
    assert "is no model bundle" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "model 'nowhere'"),
        (["carla_unet", "--split", "test"], "test.txt"),
    ],
)
def test_evaluate_refuses_in_one_line(
    arguments: list[str], words: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *arguments, "--data", str(dataset)]) == 1
    assert words in capsys.readouterr().err
