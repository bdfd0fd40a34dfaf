# SPDX-License-Identifier: Apache-2.0
"""Lists for training and validation: by town or drive, never by pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_pairs import record

from unet_perception.dataset import list_pairs
from unet_perception.dataset.entry import Entry
from unet_perception.dataset.manifest import read_manifest
from unet_perception.errors import DatasetError
from unet_perception.recording.splits import write_splits

ENTRY = Entry(
    frame=0,
    stamp=0.0,
    wall_time=0.0,
    set="",
    town="",
    weather={},
    pose=(0.0,) * 6,
    speed=0.0,
    name="000000",
    histogram={},
    files={},
)
SETS = [("Town01", "a"), ("Town01", "b"), ("Town05", "c"), ("Town05", "d")]


@given(
    drives=st.lists(st.sampled_from(SETS)),
    val=st.lists(st.sampled_from(["Town01", "Town05", "a", "b", "c", "d", "Town09"]), min_size=1),
)
def test_a_drive_is_in_one_list_as_a_whole(
    drives: list[tuple[str, str]], val: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("splits")
    entries = [
        replace(ENTRY, name=f"{number:06d}", town=town, set=name)
        for number, (town, name) in enumerate(drives)
    ]
    counts = write_splits(root, entries, val)
    train, held = ((root / f"{name}.txt").read_text().split() for name in ("train", "val"))
    assert counts == (len(train), len(held))
    assert sorted(train + held) == [entry.name for entry in entries]
    for entry in entries:
        assert (entry.name in held) == (entry.town in val or entry.set in val)


def test_the_lists_are_what_training_reads(tmp_path: Path) -> None:
    record(tmp_path, range(3), "a")
    record(tmp_path, range(3, 5), "b")
    assert write_splits(tmp_path, read_manifest(tmp_path), ["b"]) == (3, 2)
    assert [pair.name for pair in list_pairs(tmp_path, "val")] == ["000003", "000004"]
    assert write_splits(tmp_path, read_manifest(tmp_path), ["a"]) == (2, 3)
    assert [pair.name for pair in list_pairs(tmp_path, "train")] == ["000003", "000004"]


def test_without_validation_there_are_no_lists(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    assert write_splits(tmp_path, read_manifest(tmp_path), []) == (0, 0)
    assert not list(tmp_path.glob("*.txt"))


def test_a_pair_is_never_in_both_lists(tmp_path: Path) -> None:
    record(tmp_path, range(3), "a")
    record(tmp_path, range(3, 5), "b")
    write_splits(tmp_path, read_manifest(tmp_path), ["b"])
    (tmp_path / ".val.txt.tmp").mkdir()  # so that the second list cannot be written
    with pytest.raises(DatasetError, match=r"val\.txt: cannot be written"):
        write_splits(tmp_path, read_manifest(tmp_path), ["a"])
    assert (tmp_path / "train.txt").read_text().split() == ["000003", "000004"]
    assert not (tmp_path / "val.txt").exists()
