# SPDX-License-Identifier: Apache-2.0
"""Opening a dataset folder for recording: a new one, or one to go on with."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unet_perception.dataset.entry import Entry
from unet_perception.dataset.info import INFO_FILE, DatasetInfo
from unet_perception.dataset.manifest import MANIFEST, ManifestWriter, iterate_manifest
from unet_perception.dataset.pairs import IMAGE_SUFFIXES
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.files.atomic import sync_folder
from unet_perception.recording.identity import settle_identity
from unet_perception.recording.strays import remove_strays
from unet_perception.recording.sums import check_present, check_sums

VERIFY = ("quick", "full")
NEWEST = 32
"""Entries whose sums even a quick check compares: what a crash could have touched."""


@dataclass(frozen=True, eq=False)
class RecordingFolder:
    """A dataset folder that is open for one recorder.

    Attributes:
        root: The folder.
        identity: What is recorded in it.
        manifest: Open; no other recorder gets in.
        next_number: Of the next pair.
        done_by_set: How many pairs each set of the plan has.
        strays: Files that were removed since no line of the manifest names them.
    """

    root: Path
    identity: DatasetInfo
    manifest: ManifestWriter
    next_number: int
    done_by_set: Mapping[str, int]
    strays: int

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders that each pair has a file in."""
        return tuple(self.identity.cameras)

    def __enter__(self) -> RecordingFolder:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let other recorders in."""
        self.close()

    def close(self) -> None:
        """Let other recorders in; the writer is closed before."""
        self.manifest.close()

    def check_images(self, images: Mapping[str, Any]) -> None:
        """Refuse images of which a folder is missing, or of another size than its camera's.

        Raises:
            DatasetError: So it is.
        """
        for folder in images.keys() ^ self.identity.cameras.keys():
            state = "has no image for" if folder in self.identity.cameras else "has one too many,"
            raise DatasetError(f"{self.root}: a pair {state} {folder}")
        for folder, image in images.items():
            camera = self.identity.cameras[folder]
            if image.shape[:2] != (camera["height"], camera["width"]):
                raise DatasetError(
                    f"{self.root}: an image for {folder} is {image.shape[1]}x{image.shape[0]}; "
                    f"its camera has {camera['width']}x{camera['height']}"
                )


def open_folder(root: Path, identity: DatasetInfo, verify: str = "quick") -> RecordingFolder:
    """Open a folder, made where it is missing, and make sure that every pair in it is whole.

    Files that a crash left and no line of the manifest names are removed. So is nothing else: a
    folder with pictures that was not recorded here is refused.

    Args:
        root: Dataset folder.
        identity: What is about to be recorded.
        verify: "quick": every file is there and the newest have the right sums; "full": all have.

    Raises:
        DatasetError: The folder is of something else, is damaged, or another recorder has it.
        ConfigError: ``verify`` is neither.
    """
    if verify not in VERIFY:
        raise ConfigError(f"verify is {verify!r}; it must be {' or '.join(VERIFY)}")
    root = Path(root)
    _make(root)
    _refuse_foreign(root, identity)
    manifest = ManifestWriter(root)
    try:
        settle_identity(root, identity)
        for folder in identity.cameras:
            _make(root / folder)
        done: Counter[str] = Counter()
        newest: deque[Entry] = deque(maxlen=NEWEST)
        for entry in iterate_manifest(root):
            check_present(root, entry, identity.cameras)
            if verify == "full":
                check_sums(root, entry)
            done[entry.set] += 1
            newest.append(entry)
        if verify == "quick":
            for entry in newest:
                check_sums(root, entry)
        number = newest[-1].number + 1 if newest else 0
        strays = remove_strays(root, tuple(identity.cameras), number)
        return RecordingFolder(root, identity, manifest, number, dict(done), strays)
    except BaseException:
        manifest.close()
        raise


def _make(folder: Path) -> None:
    """Make a folder, with its name on the disk."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            sync_folder(folder.parent)
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be made: {error.strerror}") from error


def _refuse_foreign(root: Path, identity: DatasetInfo) -> None:
    """Refuse a folder with pictures that no recorder wrote: they would pass for strays."""
    if (root / MANIFEST).exists() and (root / INFO_FILE).exists():
        return
    for folder in identity.cameras:
        for path in (root / folder).glob("*"):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                missing = MANIFEST if (root / INFO_FILE).exists() else INFO_FILE
                raise DatasetError(
                    f"{root}: has pictures but no {missing}: it was not recorded here, or has "
                    "lost it; choose another folder"
                )
