# SPDX-License-Identifier: Apache-2.0
"""``unet-perception evaluate`` as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from color_engine import color_segmenter, picture

from unet_perception.cli.main import main
from unet_perception.dataset import DatasetInfo, list_pairs, write_info, write_pair
from unet_perception.dataset.sources import Source
from unet_perception.evaluation.evaluate import evaluate
from unet_perception.evaluation.truth import Truth
from unet_perception.segmenter import open_segmenter


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "drive"
    for i in range(6):
        ids = np.zeros((60, 80), np.uint8)
        ids[:, 20 + 5 * i :] = 1
        answer = np.where(ids == 1, np.uint8(7), np.uint8(1))
        write_pair(root, f"{i:06d}", picture(answer), ids)
    write_info(root, DatasetInfo("carla-0.9.14"))
    (root / "train.txt").write_text("000000 000001 000002 000003")
    (root / "val.txt").write_text("000004 000005")
    return root


@pytest.fixture
def red(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models answer what the pictures' red channel says."""
    monkeypatch.setattr(
        "unet_perception.segmenter.open_segmenter", lambda *_: color_segmenter(size=(30, 40))
    )


@pytest.mark.usefixtures("red")
def test_scores_are_printed_and_written(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "scores.json", tmp_path / "report.html"
    arguments = ["evaluate", "red", "--data", str(dataset), "--json", str(out)]
    assert main([*arguments, "--report", str(page), "--pictures", "1"]) == 0
    printed = capsys.readouterr().out
    assert "drive, val: 2 pairs, camera resolution, red fp32" in printed
    assert "carla-0.9.14 -> carla-0.8" in printed
    assert "Roads" in printed
    scores = json.loads(out.read_text())
    assert scores["pairs"] == 2
    assert scores["resolution"] == "camera"
    # Roads are id 1 in the dataset and id 7 in the model: the map was applied.
    roads = scores["classes"]["Roads"]
    assert roads["pixels"] == int(sum(60 * (80 - 20 - 5 * i) for i in (4, 5)))
    assert roads["recall"] == pytest.approx(1, abs=0.02)
    # What is Unlabeled (0) there is None here, and the model said Buildings.
    assert scores["classes"]["None"]["iou"] == 0
    assert "does not say how its training went" in page.read_text()
    assert page.read_text().count("<figure>") == 2


@pytest.mark.usefixtures("red")
def test_several_datasets_with_their_own_settings(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roads = tmp_path / "roads"
    for number in range(10):
        ids = np.full((20, 40), 7, np.uint8)
        write_pair(roads, f"{number}", picture(ids), ids)
    out = tmp_path / "scores.json"
    arguments = ["--data", f"{dataset},split=train", "--data", str(dataset)]
    partial = ["--data", f"{roads},labels=carla-roads,hold_out=0.3"]
    options = ["--split", "all", "--json", str(out), "--resolution", "network"]
    assert main(["evaluate", "red", *arguments, *partial, *options]) == 0
    printed = capsys.readouterr().out
    assert "drive, train: 4 pairs" in printed
    assert "drive (2), all: 6 pairs" in printed
    assert "roads, held out 0.3: 3 pairs" in printed
    assert "all 10 pairs compared in carla-0.8" in printed
    document = json.loads(out.read_text())
    assert [part["pairs"] for part in document["datasets"]] == [4, 6, 3]
    assert document["datasets"][2]["classes"]["Roads"]["iou"] == 1.0
    assert document["pairs"] == 10


@pytest.mark.usefixtures("red")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--split", "test"], "test.txt"),
        (["--resolution", "both"], "resolution is 'both'"),
        (["--ignore-below", "0"], "ignore_below is 0"),
        (["--boundary-tolerance", "3"], "boundary_tolerance is 3.0"),
        (["--pictures", "0"], "pictures is 0"),
        (["--report", "scores.pdf"], "report is 'scores.pdf'"),
        (["--json", "no/such/folder.json"], "no/such"),
        (["--data", "absent"], "absent"),
        (["--data", "x,label=y"], "'label=y'"),
    ],
)
def test_what_is_wrong_ends_in_one_line(
    arguments: list[str], words: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "red", "--data", str(dataset), *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("unet-perception evaluate: ")
    assert error.count("\n") == 1


def test_an_unknown_model_is_named(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nowhere", "--data", str(dataset)]) == 1
    assert "model 'nowhere'" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_the_shipped_model_scores_what_its_card_says(shared: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    root = shared / "data" / "carla_drive"
    segmenter = open_segmenter("carla_unet", precision="fp32")
    try:
        truth = Truth(Source(root), segmenter.label_set)
        assert truth.pairs == list_pairs(root, "val")
        found = evaluate(segmenter, [truth])
    finally:
        segmenter.close()
    claimed = segmenter.bundle.spec.scores["val_miou_camera"]
    assert found.overall.scores.miou == pytest.approx(claimed, abs=2e-3)
