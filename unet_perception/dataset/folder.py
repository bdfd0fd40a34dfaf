# SPDX-License-Identifier: Apache-2.0
"""All that a dataset folder says about itself, read once and checked against its pictures."""

from __future__ import annotations

import colorsys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from unet_perception.dataset.entry import NUMBERED, Entry
from unet_perception.dataset.info import INFO_FILE, DatasetInfo, read_info
from unet_perception.dataset.manifest import MANIFEST, read_manifest
from unet_perception.dataset.pairs import (
    IMAGE_FOLDER,
    IMAGE_SUFFIXES,
    MASK_FOLDER,
    Pair,
    list_pairs,
    list_splits,
    words_of,
)
from unet_perception.errors import DatasetError, LabelSetError
from unet_perception.labels import UNLABELED, LabelClass, LabelSet, load_label_set

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Folder:
    """A dataset folder.

    Attributes:
        root: Where it is.
        pairs: Its pairs, by name.
        info: What ``dataset.json`` says, where there is one.
        label_set: What its ids mean; None where that is not known.
        lists: Names in ``train.txt`` and the like, by split.
        entries: The manifest's entry of each pair, in the order of ``pairs``; None without one.
        further: Files of further folders, by folder and by pair.
    """

    root: Path
    pairs: Sequence[Pair]
    info: DatasetInfo | None
    label_set: LabelSet | None
    lists: Mapping[str, Sequence[str]]
    entries: Sequence[Entry] | None
    further: Mapping[str, Mapping[str, Path]]

    @cached_property
    def numbered(self) -> bool:
        """Whether its pairs have the numbers of this package's layout as names."""
        return all(NUMBERED.fullmatch(pair.name) for pair in self.pairs)

    def files(self, pair: Pair) -> dict[str, Path]:
        """Return the files of a pair by folder."""
        more = {folder: paths[pair.name] for folder, paths in self.further.items()}
        return {IMAGE_FOLDER: pair.image, MASK_FOLDER: pair.mask, **more}


def read_folder(root: Path, label_set: str = "") -> Folder:
    """Read what a dataset folder has, its pictures aside.

    Args:
        root: Dataset folder.
        label_set: Name or YAML file of its label set, where ``dataset.json`` does not say it.

    Raises:
        DatasetError: The folder is incomplete, or its parts do not fit each other.
        LabelSetError: ``label_set`` is not known.
    """
    root = Path(root)
    pairs = list_pairs(root)
    names = {pair.name for pair in pairs}
    info = read_info(root)
    lists = {}
    for split in list_splits(root):
        words = words_of(root, split)
        if words and names_pairs(split, words, names):
            _check_list(root / f"{split}.txt", words, names)
            lists[split] = words
    further = {folder: _further(root, folder, names) for folder in further_folders(root)}
    entries = _entries(root, pairs)
    return Folder(root, pairs, info, label_set_of(root, info, label_set), lists, entries, further)


def label_set_of(root: Path, info: DatasetInfo | None, wanted: str = "") -> LabelSet | None:
    """Return the label set of a folder, or None where nobody knows it.

    Raises:
        DatasetError: ``dataset.json`` names another one than ``wanted``.
        LabelSetError: ``wanted`` is not known.
    """
    if wanted:
        label_set = load_label_set(wanted)
        if info is not None and info.label_set != label_set.name:
            raise DatasetError(
                f"{root / INFO_FILE}: label set is {info.label_set}, not {label_set.name}"
            )
        return label_set
    try:
        return None if info is None else load_label_set(info.label_set)
    except LabelSetError:
        return None


def require_label_set(folder: Folder) -> LabelSet:
    """Return the label set of a folder.

    Raises:
        DatasetError: Nobody knows it.
    """
    if folder.label_set is not None:
        return folder.label_set
    reason = (
        f"there is no {INFO_FILE}"
        if folder.info is None
        else f"label set {folder.info.label_set!r} is not known"
    )
    raise DatasetError(f"{folder.root}: {reason}; say what its ids mean with --label-set")


def numbered_label_set(ids: Collection[int]) -> LabelSet:
    """Return a label set for ids of which nothing is known, each with a colour of its own."""
    classes = []
    for index, number in enumerate(sorted(set(ids) - {UNLABELED})):
        # Hues a golden section apart: neighbours differ, however many there are.
        red, green, blue = colorsys.hsv_to_rgb(index * 0.618 % 1.0, 0.6, 0.9)
        color = (round(255 * red), round(255 * green), round(255 * blue))
        classes.append(LabelClass(number, f"id {number}", color))
    return LabelSet("unknown", tuple(classes))


def is_mask(folder: str) -> bool:
    """Return whether the files of a folder are masks, of whichever view."""
    return folder == MASK_FOLDER or folder.startswith(f"{MASK_FOLDER}_")


def further_folders(root: Path) -> list[str]:
    """Return the folders of pictures beside the two that every dataset has."""
    found = (path.name for path in Path(root).glob("Camera*") if path.is_dir())
    return sorted(set(found) - {IMAGE_FOLDER, MASK_FOLDER})


def names_pairs(split: str, words: Sequence[str], names: Collection[str]) -> bool:
    """Return whether a text file is a list of pairs, and not a note to the reader."""
    return split in SPLITS or any(word in names for word in words[:1])


def _check_list(path: Path, words: Sequence[str], names: Collection[str]) -> None:
    for word in words:
        if word not in names:
            raise DatasetError(f"{path}: names {word!r}, which is no pair")
    if len(set(words)) < len(words):
        raise DatasetError(f"{path}: names a pair twice; verify says which")


def _further(root: Path, folder: str, names: set[str]) -> dict[str, Path]:
    found = {
        path.stem: path
        for path in sorted((root / folder).iterdir())
        if path.suffix.lower() in IMAGE_SUFFIXES and path.stem in names
    }
    for name in sorted(names - found.keys()):
        raise DatasetError(f"{root / folder}: has no picture of pair {name}")
    return found


def _entries(root: Path, pairs: Sequence[Pair]) -> list[Entry] | None:
    if not (root / MANIFEST).exists():
        return None
    by_name = {entry.name: entry for entry in read_manifest(root)}
    for name in sorted({pair.name for pair in pairs} ^ by_name.keys()):
        state = "names a pair that is not there" if name in by_name else "has no line for a pair"
        raise DatasetError(f"{root / MANIFEST}: {state}: {name}")
    return [by_name[pair.name] for pair in pairs]
