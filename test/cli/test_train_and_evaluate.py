# SPDX-License-Identifier: Apache-2.0
"""From a folder of pairs to a model and its scores, through the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from unet_perception.dataset import DatasetInfo, list_pairs, write_info, write_pair
from unet_perception.errors import ConfigError
from unet_perception.evaluation.evaluate import evaluate
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import load_bundle
from unet_perception.segmenter import open_segmenter

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.cli.main import main  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    # On networks this small, threads that wait for each other cost ten times more.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    assert "carla-0.9.14 -> carla-0.8" in printed
    for number in (1, 2, 3):
        assert f"epoch {number}/3" in printed
    assert "accuracy" in printed
    spec = load_bundle(model).spec
    assert spec.label_set.name == "carla-0.8"
    assert spec.training["recipe"]["epochs"] == 3
    assert spec.training["epoch"] == 3
    assert set(spec.scores) == {"val_miou_network", "val_accuracy"}
    assert spec.training["data"] == [{"name": "drive", "pairs": 4}]
    assert str(tmp_path) not in (model / "model.json").read_text()

    arguments = ["evaluate", str(model), "--data", str(dataset), "--precision", "fp32"]
    assert main([*arguments, "--json", str(scores_file)]) == 0
    printed = capsys.readouterr().out
    assert "Roads" in printed
    assert "carla-0.9.14 -> carla-0.8" in printed
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
    # The lower 15 of 60 rows are 8 of 32.
    camera = evaluate(segmenter, dataset, pairs, "camera", ignore_below=45)
    network = evaluate(segmenter, dataset, pairs, "network", ignore_below=45)
    assert sum(camera.support.values()) == 2 * 45 * 80
    assert sum(network.support.values()) == 2 * 24 * 48
    with pytest.raises(ConfigError, match="resolution is 'both'"):
        evaluate(segmenter, dataset, pairs, "both")
    with pytest.raises(ConfigError, match="ignore_below is 0"):
        evaluate(segmenter, dataset, pairs, ignore_below=0)


def test_a_network_is_trained_on_several_folders_and_a_label_set_of_ones_own(
    dataset: Path, tmp_path: Path
) -> None:
    label_set = {**load_label_set("carla-0.9.14").as_dict(), "name": "mine"}
    label_file = tmp_path / "mine.yaml"
    label_file.write_text(yaml.safe_dump(label_set))
    out = tmp_path / "model"
    arguments = ["--data", str(dataset), "--data", str(dataset), "--label-set", str(label_file)]
    options = ["--split", "all", "--epochs", "1", "--out", str(out)]
    assert main(["train", *arguments, *options, *SMALL]) == 0
    spec = load_bundle(out).spec
    assert spec.label_set.name == "mine"
    assert spec.training["recipe"]["label_set"] == "mine"
    assert spec.training["data"] == [{"name": "drive", "pairs": 6}] * 2
    assert dict(spec.scores) == {}
    assert str(tmp_path) not in (out / "model.json").read_text()


def test_scores_of_nothing_are_valid_json(dataset: Path, tmp_path: Path) -> None:
    model, scores_file = tmp_path / "model", tmp_path / "scores.json"
    main(["train", "--data", str(dataset), "--out", str(model), "--epochs", "1", *SMALL])
    empty = tmp_path / "empty"
    write_pair(empty, "a", np.zeros((8, 8, 3), np.uint8), np.full((8, 8), 255, np.uint8))
    assert main(["evaluate", str(model), "--data", str(empty), "--json", str(scores_file)]) == 0

    def refuse(word: str) -> None:
        raise AssertionError(word)

    scores = json.loads(scores_file.read_text(), parse_constant=refuse)
    assert scores["miou"] is None


def test_an_interrupted_run_leaves_no_model(
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("unet_perception.training.loop.score", interrupt)
    folder = tmp_path / "models"
    folder.mkdir()
    assert main(["train", "--data", str(dataset), "--out", str(folder / "m"), *SMALL]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "epochs is 0"),
        (["--precision", "int8"], "precision is 'int8'"),
        (["--label-set", "carla-9"], "unknown label set 'carla-9'"),
        (["--data", "absent"], "absent"),
        (["--split", "val"], "is in val.txt and in val.txt"),
        (["--keep", "best", "--split", "all"], "keep is 'best'"),
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
