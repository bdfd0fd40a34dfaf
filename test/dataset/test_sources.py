# SPDX-License-Identifier: Apache-2.0
"""Datasets as a command line names them, and what is held out of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.dataset.sources import Source, parse_source
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.labels import label_groups, load_label_set

CARLA = load_label_set("carla-0.8")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for number in range(20):
        write_pair(
            tmp_path, f"{number:03d}", np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8)
        )
    return tmp_path


def test_a_folder_alone_and_with_everything_said() -> None:
    assert parse_source("some/dir") == Source(Path("some/dir"))
    text = "d,labels=carla-0.9.14,weight=0.5,split=train,hold_out=0.1"
    assert parse_source(text) == Source(Path("d"), "carla-0.9.14", 0.5, "train", 0.1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must begin with a folder"),
        (",weight=1", "must begin with a folder"),
        ("d,wait=1", r"'wait=1'.*labels, weight, split, hold_out"),
        ("d,weight", r"'weight'.*KEY=VALUE"),
        ("d,weight=", "no value for weight"),
        ("d,weight=1,weight=2", "weight twice"),
        ("d,weight=much", r"weight is 'much'; it must be a number"),
        ("d,weight=0", r"weight is 0\.0; it must be above 0"),
        ("d,weight=nan", r"weight is nan; it must be above 0"),
        ("d,hold_out=1", r"hold_out is 1\.0; it must be a number 0 to 0\.9"),
        ("d,hold_out=-0.1", r"hold_out is -0\.1"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_source(text)


def test_the_last_pairs_are_held_out_behind_a_gap(dataset: Path) -> None:
    trained, held_out = parse_source(f"{dataset},hold_out=0.1").pairs()
    assert [pair.name for pair in held_out] == ["018", "019"]
    # 1 % of 20 is none, but one pair at least lies between.
    assert [pair.name for pair in trained] == [f"{i:03d}" for i in range(17)]
    assert parse_source(f"{dataset},hold_out=0.1").pairs_to_score()[0] == held_out


def test_what_is_held_out_comes_on_top_of_the_list(dataset: Path) -> None:
    (dataset / "val.txt").write_text("000 001")
    trained, validated = parse_source(f"{dataset},hold_out=0.2").pairs()
    assert [pair.name for pair in validated] == ["000", "001", "016", "017", "018", "019"]
    assert [pair.name for pair in trained] == [f"{i:03d}" for i in range(2, 15)]
    assert [pair.name for pair in parse_source(str(dataset)).pairs_to_score()[0]] == ["000", "001"]


def test_holding_out_all_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        write_pair(tmp_path, name, np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8))
    with pytest.raises(DatasetError, match=r"has 2 pairs; hold_out 0\.5 leaves none"):
        parse_source(f"{tmp_path},hold_out=0.5").pairs()


def test_the_label_set_is_what_is_said_or_written_or_the_networks(dataset: Path) -> None:
    assert parse_source(str(dataset)).label_set(CARLA) is CARLA
    assert parse_source(str(dataset)).assumed
    write_info(dataset, DatasetInfo("carla-0.9.14"))
    assert parse_source(str(dataset)).label_set(CARLA).name == "carla-0.9.14"
    assert not parse_source(str(dataset)).assumed
    said = parse_source(f"{dataset},labels=carla-0.9.10")
    assert said.label_set(CARLA).name == "carla-0.9.10"


def test_what_is_assumed_about_ids_and_what_is_merged_is_said(dataset: Path) -> None:
    source = Source(dataset)
    assert "ids are taken as carla-0.8" in source.in_words(label_groups(CARLA, CARLA))
    write_info(dataset, DatasetInfo("carla-0.8"))
    assert source.in_words(label_groups(CARLA, CARLA)) == ""
    newer = load_label_set("carla-0.9.14")
    assert "carla-0.9.14" in source.in_words(label_groups(newer, CARLA))
