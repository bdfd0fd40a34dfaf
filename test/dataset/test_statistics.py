# SPDX-License-Identifier: Apache-2.0
"""What a dataset has is counted right."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from recorded_pairs import record
from rich.console import Console

from unet_perception.carla.weather import PRESETS
from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.dataset.folder import read_folder
from unet_perception.dataset.manifest import read_manifest
from unet_perception.dataset.near import near_pairs, picture_hash
from unet_perception.dataset.statistics import shown_label_set, statistics, weather_in_words
from unet_perception.dataset.tables import render
from unet_perception.errors import DatasetError


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """Three pairs, the left half class 1, the right one class of the pair's number."""
    noise = np.random.default_rng(0)
    for i in range(3):
        ids = np.full((20, 40), i, np.uint8)
        ids[:, :20] = 1
        write_pair(tmp_path, f"{i:06d}", noise.integers(0, 256, (20, 40, 3)).astype(np.uint8), ids)
    return tmp_path


def test_pixels_shares_and_pairs_of_each_class(halves: Path) -> None:
    write_info(halves, DatasetInfo("carla-0.8"))
    found = statistics(read_folder(halves))
    rows = {row.name: row for row in found.classes}
    assert len(rows) == 13
    assert (rows["None"].pixels, rows["None"].pairs) == (400, 1)
    assert (rows["Buildings"].pixels, rows["Buildings"].pairs) == (1600, 3)
    assert rows["Buildings"].share == pytest.approx(2 / 3)
    assert (rows["Roads"].pixels, rows["Roads"].pairs) == (0, 0)
    assert sum(row.share for row in found.classes) == pytest.approx(1.0)
    assert found.sizes == {"40x20": 3}
    assert found.label_set == "carla-0.8"


def test_without_a_label_set_ids_are_counted_by_number(halves: Path) -> None:
    found = statistics(read_folder(halves))
    assert found.label_set == "unknown"
    assert [row.name for row in found.classes] == ["id 0", "id 1", "id 2"]


def test_ids_outside_the_label_set_are_shown_as_such(halves: Path) -> None:
    rgb = np.zeros((20, 40, 3), np.uint8)
    write_pair(halves, "000003", rgb, np.full((20, 40), 99, np.uint8))
    write_pair(halves, "000004", rgb, np.full((20, 40), 255, np.uint8))
    found = statistics(read_folder(halves, "carla-0.8"))
    assert [(row.id, row.name) for row in found.classes[-2:]] == [
        (99, "not in carla-0.8"),
        (255, "unlabeled"),
    ]


def test_the_manifest_counts_towns_weathers_and_sets(tmp_path: Path) -> None:
    record(tmp_path, range(3), "noon")
    record(tmp_path, range(3, 5), "rain")
    found = statistics(read_folder(tmp_path))
    assert found.towns == {"Town01": 5}
    assert found.weathers == {"clouds 5": 5}
    assert found.sets == {"noon": 3, "rain": 2}
    counted = {row.id: row.pixels for row in found.classes if row.pixels}
    summed: dict[int, int] = {}
    for entry in read_manifest(tmp_path):
        for number, pixels in entry.histogram.items():
            summed[number] = summed.get(number, 0) + pixels
    assert counted == summed


def test_weathers_are_called_by_their_names() -> None:
    assert weather_in_words(PRESETS["HardRainSunset"]) == "HardRainSunset"
    changed = {**PRESETS["ClearNoon"], "sun_altitude_angle": 3.0}
    assert weather_in_words(changed).startswith("sun 3°, clouds 5")
    assert weather_in_words({}) == "not said"


def test_splits_are_counted_and_wrong_lists_refused(halves: Path) -> None:
    (halves / "train.txt").write_text("000000\n000001\n")
    (halves / "notes.txt").write_text("what this is\n")
    assert statistics(read_folder(halves)).splits == {"train": 2}
    (halves / "val.txt").write_text("000009\n")
    with pytest.raises(DatasetError, match="000009"):
        read_folder(halves)


def test_a_standing_car_is_seen_through_noise_and_compression() -> None:
    noise = np.random.default_rng(0)
    scene = cv2.resize(noise.integers(0, 256, (9, 12, 3)).astype(np.uint8), (320, 240))
    other = cv2.resize(noise.integers(0, 256, (9, 12, 3)).astype(np.uint8), (320, 240))
    grainy = np.clip(scene + noise.normal(0, 3, scene.shape), 0, 255).astype(np.uint8)
    packed = cv2.imdecode(cv2.imencode(".jpg", scene)[1], cv2.IMREAD_COLOR)
    names = ["a", "b", "c", "d"]
    near = near_pairs(names, [picture_hash(x) for x in (scene, grainy, packed, other)], 8)
    assert [(pair.first, pair.second) for pair in near] == [("a", "b"), ("b", "c")]
    assert near_pairs(["a"], [picture_hash(scene)], 8) == []


def test_json_and_tables_can_be_made_of_it(halves: Path) -> None:
    folder = read_folder(halves)
    found = statistics(folder)
    assert json.loads(json.dumps(found.as_dict()))["pairs"] == 3
    out = io.StringIO()
    label_set = shown_label_set(folder, [row.id for row in found.classes])
    Console(file=out, width=120).print(render(folder, found, label_set))
    assert "66.67%" in out.getvalue()
    assert "--label-set" in out.getvalue()


def test_a_manifest_of_other_pairs_is_refused(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    for folder in ("CameraRGB", "CameraMask"):
        (tmp_path / folder / "000002.png").unlink()
    with pytest.raises(DatasetError, match="000002"):
        read_folder(tmp_path)
