# SPDX-License-Identifier: Apache-2.0
"""Which pairs a dataset folder has, checked before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unet_perception.errors import DatasetError

IMAGE_FOLDER = "CameraRGB"
MASK_FOLDER = "CameraMask"
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
MASK_SUFFIX = ".png"


@dataclass(frozen=True)
class Pair:
    """A picture and the mask of the same frame.

    Attributes:
        name: File name without suffix; the same in both folders.
        image: The picture.
        mask: The mask.
    """

    name: str
    image: Path
    mask: Path


def list_splits(root: Path) -> tuple[str, ...]:
    """Return the names of the split lists in a dataset: ``train`` for ``train.txt``."""
    return tuple(sorted(path.stem for path in Path(root).glob("*.txt")))


def words_of(root: Path, split: str) -> list[str]:
    """Return the names in a list.

    Raises:
        DatasetError: It cannot be read.
    """
    path = Path(root) / f"{split}.txt"
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error


def list_pairs(root: Path, split: str | None = None) -> list[Pair]:
    """Return the pairs of a dataset, sorted by name.

    Args:
        root: Folder with CameraRGB and CameraMask.
        split: Name of a list, such as ``val`` for ``val.txt``; None takes all pairs.

    Raises:
        DatasetError: A folder, list or partner is missing, or there is no pair at all.
    """
    root = Path(root)
    images = _by_name(root / IMAGE_FOLDER, IMAGE_SUFFIXES)
    masks = _by_name(root / MASK_FOLDER, (MASK_SUFFIX,))
    for name in sorted(images.keys() ^ masks.keys()):
        path, folder = (
            (images[name], root / MASK_FOLDER)
            if name in images
            else (masks[name], root / IMAGE_FOLDER)
        )
        raise DatasetError(f"{path}: has no partner in {folder}")
    names = sorted(images) if split is None else _read_split(root, split)
    for name in names:
        if name not in images:
            raise DatasetError(f"{root / f'{split}.txt'}: names {name!r}, which is no pair")
    if not names:
        empty = f"{IMAGE_FOLDER} and {MASK_FOLDER}" if split is None else f"{split}.txt"
        raise DatasetError(f"{root}: has no pairs in {empty}")
    return [Pair(name, images[name], masks[name]) for name in names]


def _by_name(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; a dataset has one")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        # Archives from a Mac bring a "._name.png" beside each picture, which is none.
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            if path.stem in found:
                raise DatasetError(f"{path}: {found[path.stem].name} has the same name")
            found[path.stem] = path
    return found


def _read_split(root: Path, split: str) -> list[str]:
    path = root / f"{split}.txt"
    if not path.is_file():
        known = ", ".join(list_splits(root)) or "none"
        raise DatasetError(f"{path}: no such list; there are: {known}")
    names = words_of(root, split)
    if len(set(names)) != len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"{path}: names {double!r} twice")
    return sorted(names)
