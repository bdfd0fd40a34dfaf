# SPDX-License-Identifier: Apache-2.0
"""Which pairs of a dataset are trained on, and which are kept for scores."""

from __future__ import annotations

from pathlib import Path

from unet_perception.dataset.pairs import Pair, list_pairs, list_splits
from unet_perception.errors import DatasetError

AUTO, ALL = "auto", "all"
TRAIN, VAL = "train", "val"


def training_pairs(root: Path, split: str = AUTO) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs to train on and the pairs to validate on.

    Args:
        root: Folder of the dataset.
        split: ``auto`` trains on ``train.txt``, or without one on all but ``val.txt``, and
            validates on ``val.txt``; ``all`` trains on every pair and validates on none;
            anything else is the name of a list to train on.

    Raises:
        DatasetError: A list is missing or empty, or a pair is in both.
    """
    if split == ALL:
        return list_pairs(root), []
    lists = list_splits(root)
    held_out = list_pairs(root, VAL) if VAL in lists else []
    if split == AUTO and TRAIN not in lists:
        chosen = [pair for pair in list_pairs(root) if pair not in set(held_out)]
        if not chosen:
            raise DatasetError(f"{root}: {VAL}.txt names every pair; none is left to train on")
        return chosen, held_out
    name = TRAIN if split == AUTO else split
    chosen = list_pairs(root, name)
    both = sorted({pair.name for pair in chosen} & {pair.name for pair in held_out})
    if both:
        raise DatasetError(
            f"{root}: {both[0]!r} is in {name}.txt and in {VAL}.txt ({len(both)} such pairs); "
            "scores on what was trained on say nothing"
        )
    return chosen, held_out


def evaluation_pairs(root: Path, split: str = AUTO) -> tuple[list[Pair], str]:
    """Return the pairs to score and the name of their list.

    Args:
        root: Folder of the dataset.
        split: ``auto`` takes ``val.txt``, or all pairs without one; ``all`` every pair;
            anything else is the name of a list.

    Raises:
        DatasetError: The list is missing or empty.
    """
    if split == AUTO:
        split = VAL if VAL in list_splits(root) else ALL
    return list_pairs(root, None if split == ALL else split), split
