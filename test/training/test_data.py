# SPDX-License-Identifier: Apache-2.0
"""The datasets of a run, joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.dataset.sources import Source
from unet_perception.errors import ConfigError, LabelSetError
from unet_perception.labels import load_label_set
from unet_perception.training.data import load_data

NETWORK = load_label_set("carla-0.8")


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    root = tmp_path / "roads"
    for number in range(4):
        ids = np.zeros((16, 32), np.uint8)
        ids[8:] = 7
        write_pair(root, f"{number}", np.zeros((16, 32, 3), np.uint8), ids)
    return root


def test_datasets_of_two_label_sets_meet_in_training_ids(
    roads: Path, two_colours: Callable[..., Path]
) -> None:
    said: list[str] = []
    drive = two_colours(count=6)
    sources = [Source(drive, hold_out=0.3, weight=2.0), Source(roads, labels="carla-roads")]
    data = load_data(sources, NETWORK, said.append)
    assert data.counts_and_weights == ((3, 2.0), (4, 1.0))
    assert [part.name for part in data.validation] == ["drive"]
    assert len(data.targets.groups) == 1
    group = data.targets.n_classes
    assert set(np.unique(data.examples.mask(0))) == {0, 7}
    assert set(np.unique(data.examples.mask(3))) == {group, 7}
    # As often as they are trained on.
    counts = data.pixels_of_ids()
    assert counts[group] == 4 * 8 * 32
    assert counts.sum() == (2 * 3 + 4) * 16 * 32
    assert said[0] == f"{drive}: 3 pairs to train on, 2 to validate on"
    assert "no dataset.json: ids are taken as carla-0.8" in said[1]
    assert "AnythingElse is None or Buildings" in said[3]


def test_the_fingerprint_is_of_both_kinds_of_pairs(load: Callable[..., Any]) -> None:
    data = load(8, 0.25)
    assert load(8, 0.25, name="same").fingerprint == data.fingerprint
    assert load(8, 0.4, name="other").fingerprint != data.fingerprint
    assert replace(data, validation=()).fingerprint != data.fingerprint


def test_a_class_without_a_place_stops_it(roads: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "name: own\nclasses:\n  - {id: 0, name: Cloud, color: [0, 0, 0]}\n"
    )
    with pytest.raises(LabelSetError, match="Cloud"):
        load_data([Source(roads, labels=str(tmp_path / "own.yaml"))], NETWORK)


def test_a_run_needs_data() -> None:
    with pytest.raises(ConfigError, match="data names no dataset"):
        load_data([], NETWORK)


def test_what_is_merged_is_said(roads: Path) -> None:
    said: list[str] = []
    write_info(roads, DatasetInfo("carla-0.9.14"))
    load_data([Source(roads)], NETWORK, said.append)
    assert said[1].startswith("  carla-0.9.14 -> carla-0.8: ")
