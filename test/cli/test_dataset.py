# SPDX-License-Identifier: Apache-2.0
"""``unet-perception dataset``."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from unet_perception.cli.main import main
from unet_perception.dataset import list_pairs, read_info, write_pair


def test_verify_says_so_with_its_exit_code(
    numbered_pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", str(numbered_pairs), "verify"]) == 0
    assert "28 pairs, no findings" in capsys.readouterr().out


def test_verify_prints_a_few_findings_and_counts_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(6):
        rgb, ids = np.zeros((4, 6, 3), np.uint8), np.full((4, 6), 99, np.uint8)
        write_pair(tmp_path, f"{i:06d}", rgb, ids)
    options = ["--label-set", "carla-0.8", "--limit", "2"]
    assert main(["dataset", str(tmp_path), "verify", *options]) == 1
    out = capsys.readouterr().out
    assert out.count("has id 99") == 2
    assert "class id: 4 more" in out
    assert "6 findings" in out


def test_stats_as_tables_and_as_json(
    numbered_pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", str(numbered_pairs), "stats"]) == 0
    assert "carla-0.9.14" in capsys.readouterr().out
    assert main(["dataset", str(numbered_pairs), "stats", "--json", "--near", "0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 28
    # Plain colours all look alike.
    assert len(found["near"]) == 27


def test_report_writes_either_kind(numbered_pairs: Path, tmp_path: Path) -> None:
    for name in ("r.html", "r.png"):
        command = ["dataset", str(numbered_pairs), "report", "--out", str(tmp_path / name)]
        assert main([*command, "--pictures", "3"]) == 0
    assert cv2.imread(str(tmp_path / "r.png")) is not None
    assert (tmp_path / "r.html").read_text().count("<img") == 6


def test_convert_subsample_and_merge(
    numbered_pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, few, all_ = (str(tmp_path / name) for name in ("old", "few", "all"))
    assert main(["dataset", str(numbered_pairs), "convert", "--to", "carla-0.8", "--out", old]) == 0
    assert "lost" in capsys.readouterr().out
    assert main(["dataset", old, "subsample", "--count", "5", "--out", few, "--link"]) == 0
    command = ["dataset", str(numbered_pairs), "merge", few, "--out", all_]
    assert main(command) == 1
    assert main([*command, "--to", "carla-0.8"]) == 0
    assert len(list_pairs(Path(all_))) == 33
    info = read_info(Path(all_))
    assert info is not None
    assert info.label_set == "carla-0.8"
    assert main(["dataset", all_, "verify"]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["verify", "--limit", "-1"], "limit is -1"),
        (["verify", "--label-set", "none-such"], "none-such"),
        (["stats", "--near", "-3"], "near is -3"),
        (["report", "--pictures", "0"], "pictures is 0"),
        (["report", "--out", "r.gif"], ".html or .png"),
        (["subsample", "--every", "0", "--out", "o"], "every is 0"),
        (["subsample", "--count", "99", "--out", "o"], "count is 99"),
        (["subsample", "--min-distance", "2", "--out", "o"], "no manifest.jsonl"),
        (["convert", "--to", "none-such", "--out", "o"], "none-such"),
        (["convert", "--to", "carla-0.9.14", "--out", "o"], "already"),
        (["merge", "none", "--out", "o"], "no such folder"),
    ],
)
def test_what_cannot_be_ends_in_one_sentence(
    numbered_pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", str(numbered_pairs), *options]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in (
        ["verify"],
        ["stats"],
        ["report"],
        ["convert", "--to", "carla-0.8", "--out", "o"],
    ):
        assert main(["dataset", str(tmp_path / "none"), *action]) == 1
        assert "no such folder" in capsys.readouterr().err
