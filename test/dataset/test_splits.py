# SPDX-License-Identifier: Apache-2.0
"""What is trained on is never what is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.dataset import Pair, write_pair
from unet_perception.dataset.splits import evaluation_pairs, training_pairs
from unet_perception.errors import DatasetError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in "abcd":
        write_pair(tmp_path, name, np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8))
    return tmp_path


def names(pairs: list[Pair]) -> str:
    return "".join(pair.name for pair in pairs)


def split_names(root: Path, split: str = "auto") -> tuple[str, str]:
    chosen, held_out = training_pairs(root, split)
    return names(chosen), names(held_out)


def test_without_lists_all_is_trained_on(root: Path) -> None:
    assert split_names(root) == ("abcd", "")
    pairs, name = evaluation_pairs(root)
    assert (names(pairs), name) == ("abcd", "all")


def test_lists_are_followed(root: Path) -> None:
    (root / "train.txt").write_text("b a")
    (root / "val.txt").write_text("d")
    (root / "rain.txt").write_text("c")
    assert split_names(root) == ("ab", "d")
    assert split_names(root, "rain") == ("c", "d")
    assert split_names(root, "all") == ("abcd", "")
    for split, expected in (
        ("auto", ("d", "val")),
        ("train", ("ab", "train")),
        ("all", ("abcd", "all")),
    ):
        pairs, name = evaluation_pairs(root, split)
        assert (names(pairs), name) == expected


def test_validation_pairs_are_not_trained_on_where_only_they_are_listed(root: Path) -> None:
    (root / "val.txt").write_text("c d")
    assert split_names(root) == ("ab", "cd")
    (root / "val.txt").write_text("a b c d")
    with pytest.raises(DatasetError, match="none is left to train on"):
        training_pairs(root)


def test_a_pair_in_both_lists_is_refused(root: Path) -> None:
    (root / "train.txt").write_text("a b c")
    (root / "val.txt").write_text("c d")
    with pytest.raises(DatasetError, match=r"'c' is in train\.txt and in val\.txt"):
        training_pairs(root)
    with pytest.raises(DatasetError, match=r"'c' is in val\.txt and in val\.txt"):
        training_pairs(root, "val")


def test_an_unknown_list_is_named_with_those_that_there_are(root: Path) -> None:
    (root / "val.txt").write_text("c")
    for choose in (training_pairs, evaluation_pairs):
        with pytest.raises(DatasetError, match=r"test\.txt: no such list; there are: val"):
            choose(root, "test")
