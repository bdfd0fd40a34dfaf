# SPDX-License-Identifier: Apache-2.0
"""``train.txt`` and ``val.txt``: split by town or by drive, since neighbours look alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from unet_perception.dataset.entry import Entry
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import replace_text

TRAIN_FILE = "train.txt"
VAL_FILE = "val.txt"


def write_splits(root: Path, entries: Iterable[Entry], val: Sequence[str]) -> tuple[int, int]:
    """Write the two lists; without anything to validate on, none is written.

    At no moment is a pair in both lists.

    Args:
        root: Dataset folder.
        entries: Of its manifest.
        val: Towns or names of sets that go into ``val.txt``; those that have no pairs yet do
            no harm.

    Returns:
        How many pairs are in ``train.txt`` and in ``val.txt``.

    Raises:
        DatasetError: A list cannot be written.
    """
    if not val:
        return 0, 0
    names: dict[bool, list[str]] = {False: [], True: []}
    for entry in entries:
        names[entry.town in val or entry.set in val].append(entry.name)
    root = Path(root)
    try:
        # What moves from one list to the other must not be in both in between.
        old = root / VAL_FILE
        if old.exists() and not set(names[False]).isdisjoint(old.read_text("utf-8").split()):
            old.unlink()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{root / VAL_FILE}: cannot be replaced: {error}") from error
    replace_text(root / TRAIN_FILE, "".join(f"{name}\n" for name in names[False]))
    replace_text(root / VAL_FILE, "".join(f"{name}\n" for name in names[True]))
    return len(names[False]), len(names[True])
