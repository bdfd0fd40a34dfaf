# SPDX-License-Identifier: Apache-2.0
"""From folders of pairs to a model, through the command."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import load_bundle

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.cli.main import main  # noqa: E402

SMALL = ["--height", "32", "--width", "48", "--n-filters", "2", "--batch-size", "2"]
SMALL += ["--preset", "seed"]


pytestmark = pytest.mark.usefixtures("one_thread")


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


def train(dataset: Path | str, out: Path, *options: str) -> int:
    return main(["train", "--data", str(dataset), "--out", str(out), *SMALL, *options])


def test_a_bundle_comes_out(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    assert train(dataset, model, "--epochs", "3", "--set", "ema_decay=0.5") == 0
    printed = capsys.readouterr().out
    assert "4 pairs to train on, 2 to validate on" in printed
    assert "carla-0.9.14 -> carla-0.8" in printed
    for number in (1, 2, 3):
        assert f"epoch {number}/3" in printed
    spec = load_bundle(model).spec
    facts = spec.training
    assert spec.label_set.name == "carla-0.8"
    assert spec.input_size == (32, 48)
    assert facts["recipe"]["epochs"] == 3
    assert facts["recipe"]["ema_decay"] == 0.5
    assert facts["recipe"]["augment"]["rain"] == 0.0
    assert (facts["epoch"], facts["processes"], facts["precision"]) == (3, 1, "fp32")
    assert [epoch["epoch"] for epoch in facts["history"]] == [1, 2, 3]
    assert set(facts["history"][0]) == {
        *("epoch", "loss", "accuracy", "miou", "val_accuracy", "val_miou")
    }
    assert facts["data"] == [
        {
            "name": "drive",
            "pairs": 4,
            "label_set": "carla-0.9.14",
            "weight": 1.0,
            "split": "auto",
            "hold_out": 0.0,
        }
    ]
    assert set(spec.scores) == {"val_miou_network", "val_accuracy"}
    assert str(tmp_path) not in (model / "model.json").read_text()
    beside = sorted(path.name for path in (tmp_path / "model.training").iterdir())
    sheets = [f"epoch_00{number}.png" for number in (1, 2, 3)]
    assert beside == ["best.safetensors", *sheets, "last.safetensors"]


def test_a_network_is_trained_on_several_label_sets_and_for_one_of_ones_own(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label_file = tmp_path / "mine.yaml"
    label_file.write_text(yaml.safe_dump({**load_label_set("carla-0.8").as_dict(), "name": "mine"}))
    roads = tmp_path / "roads"
    for number in range(4):
        ids = np.zeros((60, 80), np.uint8)
        ids[30:] = 7
        write_pair(roads, f"{number}", np.zeros((60, 80, 3), np.uint8), ids)
    out = tmp_path / "model"
    first = f"{dataset},weight=0.5,split=all,labels=carla-0.9.14"
    second = ["--data", f"{roads},labels=carla-roads,hold_out=0.3"]
    own = ["--label-set", "carla-0.8", "--epochs", "1"]
    assert train(first, out, *second, *own) == 0
    assert "AnythingElse is None or Buildings or" in capsys.readouterr().out
    spec = load_bundle(out).spec
    assert [source["label_set"] for source in spec.training["data"]] == [
        *("carla-0.9.14", "carla-roads")
    ]
    assert [source["pairs"] for source in spec.training["data"]] == [6, 2]
    out = tmp_path / "own"
    plain = f"{roads},split=all,labels={label_file}"
    assert train(plain, out, "--label-set", str(label_file), "--epochs", "1") == 0
    spec = load_bundle(out).spec
    assert spec.label_set.name == spec.training["recipe"]["label_set"] == "mine"
    assert dict(spec.scores) == {}
    assert str(tmp_path) not in (out / "model.json").read_text()


def test_it_begins_with_another_model(dataset: Path, tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    train(dataset, first, "--epochs", "1")
    still = ["--epochs", "1", "--learning-rate", "1e-12", "--init", str(first)]
    assert train(dataset, second, *still, "--seed", "5") == 0
    # Stored as float16, the weights are what they were.
    assert load_bundle(second).onnx == load_bundle(first).onnx
    assert load_bundle(second).spec.training["recipe"]["init"] == load_bundle(first).sha256
    assert train(dataset, third, *still, "--label-set", "carla-0.9.14") == 0
    assert load_bundle(third).spec.n_classes == 29


def test_a_stopped_run_is_resumed_with_the_same_command(
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from unet_perception.training import loop

    whole, out = tmp_path / "whole", tmp_path / "model"
    assert train(dataset, whole, "--epochs", "2") == 0
    validate = loop.validate

    def stop(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        return validate(*arguments)

    monkeypatch.setattr(loop, "validate", stop)
    before = signal.getsignal(signal.SIGTERM)
    assert train(dataset, out, "--epochs", "2") == 130
    assert signal.getsignal(signal.SIGTERM) is before
    monkeypatch.setattr(loop, "validate", validate)
    assert "stopped in epoch 2 after step 1 of 2; the same command with --resume" in (
        capsys.readouterr().out
    )
    assert not out.exists()
    assert train(dataset, out, "--epochs", "2") == 1
    assert "has the checkpoint of an earlier run" in capsys.readouterr().err
    assert train(dataset, out, "--epochs", "2", "--resume", "--learning-rate", "0.5") == 1
    assert "learning_rate 0.001, and it is 0.5 now" in capsys.readouterr().err
    assert train(dataset, out, "--epochs", "2", "--resume") == 0
    assert load_bundle(out).onnx == load_bundle(whole).onnx


def test_a_second_signal_ends_it_at_once(
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def twice(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("unet_perception.training.loop.validate", twice)
    assert train(dataset, tmp_path / "model") == 130
    assert "interrupted" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "epochs is 0"),
        (["--precision", "int8"], "precision is 'int8'"),
        (["--label-set", "carla-9"], "unknown label set 'carla-9'"),
        (["--data", "absent"], "absent"),
        (["--data", "absent,color=1"], "'color=1'"),
        (["--split", "val"], "is in val.txt and in val.txt"),
        (["--keep", "best", "--split", "all"], "keep is 'best'"),
        (["--preset", "fast"], "preset is 'fast'"),
        (["--set", "augment.snow=1"], "unknown key augment.snow"),
        (["--config", "absent.yaml"], "absent.yaml"),
        (["--init", "nowhere"], "model 'nowhere'"),
        (["--resume"], "there is no checkpoint to go on from"),
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
    assert train(dataset, out, *arguments) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("unet-perception train: ")
    assert error.count("\n") == 1
    assert not out.exists()


def spoil(dataset: Path, how: str) -> None:
    picture, mask = (dataset / kind / "000002.png" for kind in ("CameraRGB", "CameraMask"))
    if how == "unpaired":
        mask.unlink()
    elif how == "unreadable":
        picture.write_bytes(b"no picture")
    elif how == "colours":
        ids = np.asarray(cv2.imread(str(mask)))[..., 2]
        cv2.imwrite(str(mask), load_label_set("carla-0.9.14").palette[ids][..., ::-1])
    else:
        shape, value = ((60, 80), 77) if how == "stray" else ((30, 80), 0)
        cv2.imwrite(str(mask), np.full(shape, value, np.uint8))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("unpaired", ["000002"]),
        ("unreadable", ["000002.png"]),
        ("stray", ["000002.png", "id 77", "carla-0.9.14"]),
        ("colours", ["000002.png", "is coloured, not ids"]),
        ("sizes", ["000002.png", "80x60", "80x30"]),
    ],
)
def test_a_bad_pair_is_refused_before_training(
    how: str,
    words: list[str],
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(dataset, how)
    assert train(dataset, tmp_path / "model") == 1
    error = capsys.readouterr().err
    assert all(word in error for word in words)
    assert not (tmp_path / "model.training").exists()


def test_training_does_not_begin_when_its_result_has_no_place(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(dataset, dataset, "--epochs", "1") == 1
    assert "is no model bundle" in capsys.readouterr().err
