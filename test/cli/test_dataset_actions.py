# SPDX-License-Identifier: Apache-2.0
"""``unet-perception dataset`` on a folder that the recorder's own writer has made."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from recorded_pairs import HEIGHT, WIDTH, pixels_of, record

from unet_perception.cli.main import main
from unet_perception.dataset import list_pairs, read_info, read_mask
from unet_perception.dataset.manifest import read_manifest
from unet_perception.labels import label_map, load_label_set

PAIRS = 8


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    root = tmp_path / "recorded"
    record(root, range(PAIRS))
    names = [f"{number:06d}\n" for number in range(PAIRS)]
    (root / "train.txt").write_text("".join(names[:6]))
    (root / "val.txt").write_text("".join(names[6:]))
    return root


def test_a_recorded_folder_is_in_order(recorded: Path, capfd: Any) -> None:
    assert main(["dataset", str(recorded), "verify"]) == 0
    assert f"{PAIRS} pairs, no findings" in capfd.readouterr().out


def colourise(root: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    cv2.imwrite(str(root / "CameraMask/000003.png"), mask)


def shrink(root: Path) -> None:
    cv2.imwrite(str(root / "CameraRGB/000002.png"), np.zeros((10, 12, 3), np.uint8))


def swap(root: Path) -> None:
    first, second = root / "CameraMask/000000.png", root / "CameraMask/000001.png"
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)


def jpeg(root: Path) -> None:
    path = root / "CameraMask/000004.png"
    path.write_bytes(cv2.imencode(".jpg", cv2.imread(str(path)))[1].tobytes())


def stray_id(root: Path) -> None:
    ids = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    ids[0, 0, 2] = 77
    cv2.imwrite(str(root / "CameraMask/000005.png"), ids)


def truncate(root: Path) -> None:
    path = root / "CameraRGB/000006.png"
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (colourise, r"mask form: CameraMask/000003\.png"),
        (shrink, r"size: Camera\w+/000002\.png"),
        (swap, r"sum: CameraMask/000000\.png"),
        (jpeg, r"mask form: CameraMask/000004\.png"),
        (stray_id, r"class id: CameraMask/000005\.png: .*77"),
        (truncate, r"(unreadable|sum): CameraRGB/000006\.png"),
        (lambda root: (root / "CameraMask/000001.png").unlink(), r"000001"),
        (lambda root: shutil.copy(root / "LICENSE.txt", root / "CameraRGB"), r"stray: CameraRGB"),
        (lambda root: (root / "train.txt").write_text("000000\n000099\n"), r"list: .*000099"),
        (lambda root: (root / "val.txt").write_text("000000\n"), r"list: .*000000"),
    ],
)
def test_what_is_wrong_is_found(
    recorded: Path, capfd: Any, damage: Callable[[Path], Any], words: str
) -> None:
    (recorded / "LICENSE.txt").write_text("a file that is no picture")
    damage(recorded)
    assert main(["dataset", str(recorded), "verify"]) == 1
    found = capfd.readouterr().out
    assert re.search(words, found), found


def test_statistics_count_every_pixel(recorded: Path, capfd: Any) -> None:
    assert main(["dataset", str(recorded), "stats", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["pairs"] == PAIRS
    counts = np.zeros(256, int)
    for frame in range(PAIRS):
        counts += np.bincount(pixels_of(frame)[1].reshape(-1), minlength=256)
    by_id = {row["id"]: row for row in told["classes"]}
    for class_id, count in enumerate(counts):
        if count:
            assert by_id[class_id]["pixels"] == count
    assert main(["dataset", str(recorded), "stats"]) == 0
    table = capfd.readouterr().out
    for words in ("Roads", "Town01", "train (6), val (2)"):
        assert words in table


class Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "link", "iframe")
        if tag == "img":
            self.sources.append(given["src"] or "")


def test_reports_are_whole_by_themselves(recorded: Path, tmp_path: Path) -> None:
    page, sheet = tmp_path / "report.html", tmp_path / "report.png"
    for out in (page, sheet):
        assert main(["dataset", str(recorded), "report", "--out", str(out)]) == 0
    pictures = Pictures()
    pictures.feed(page.read_text())
    assert pictures.sources
    for source in pictures.sources:
        data = base64.b64decode(source.partition("base64,")[2], validate=True)
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None
    assert len(np.unique(cv2.imread(str(sheet)))) > 20


def test_a_converted_folder_has_the_other_ids_and_is_in_order(
    recorded: Path, tmp_path: Path, capfd: Any
) -> None:
    out = tmp_path / "out"
    assert main(["dataset", str(recorded), "convert", "--to", "carla-0.8", "--out", str(out)]) == 0
    assert "Vehicles" in capfd.readouterr().out
    info = read_info(out)
    assert info is not None
    assert info.label_set == "carla-0.8"
    classes = label_map(load_label_set("carla-0.9.14"), load_label_set("carla-0.8"))
    for pair, entry in zip(list_pairs(out), read_manifest(out), strict=True):
        ids = read_mask(pair.mask)
        assert np.array_equal(ids, classes.apply(pixels_of(entry.frame)[1]))
        assert sum(entry.histogram.values()) == ids.size
    assert main(["dataset", str(out), "verify"]) == 0


def test_some_pairs_and_pairs_of_two_folders(recorded: Path, tmp_path: Path) -> None:
    fewer, both = tmp_path / "fewer", tmp_path / "both"
    assert main(["dataset", str(recorded), "subsample", "--every", "3", "--out", str(fewer)]) == 0
    assert [entry.frame for entry in read_manifest(fewer)] == [0, 3, 6]
    assert main(["dataset", str(recorded), "merge", str(fewer), "--out", str(both)]) == 0
    assert len(list_pairs(both)) == PAIRS + 3
    assert len(list_pairs(both, "val")) == 2 + 1
    for out in (fewer, both):
        assert main(["dataset", str(out), "verify"]) == 0
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--limit", "-1"], "limit is -1"),
        (["subsample", "--every", "0", "--out", "x"], "every is 0"),
        (["convert", "--to", "mars", "--out", "x"], "unknown label set 'mars'"),
        (["convert", "--to", "carla-0.8", "--out", "."], "is inside"),
        (["report", "--out", "report.gif"], "report.gif"),
        (["merge", "absent", "--out", "x"], "absent"),
    ],
)
def test_wrong_arguments_end_in_one_sentence(
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Any,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(recorded)
    assert main(["dataset", str(recorded), *arguments]) == 1
    error = capfd.readouterr().err
    assert words in error
    assert error.strip().count("\n") == 0
