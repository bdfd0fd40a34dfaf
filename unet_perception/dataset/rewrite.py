# SPDX-License-Identifier: Apache-2.0
"""Writing pairs of other folders into a new one, under new names or in another label set."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.entry import Entry
from unet_perception.dataset.folder import is_mask
from unet_perception.dataset.info import DatasetInfo, write_info
from unet_perception.dataset.labels import check_ids, histogram, read_ids
from unet_perception.dataset.manifest import MANIFEST
from unet_perception.dataset.new_folder import new_folder
from unet_perception.dataset.pairs import MASK_FOLDER, MASK_SUFFIX
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.dataset.pictures import read_image
from unet_perception.dataset.png import encode_ids, encode_picture
from unet_perception.errors import DatasetError
from unet_perception.labels import LabelMap

INSTANCE_FOLDER = "CameraInstance"


@dataclass(frozen=True)
class Item:
    """A pair to write.

    Attributes:
        name: In the new folder.
        files: Where its files are, by folder.
        entry: What the manifest says about it, where there is one.
        map: What to do to its class ids; None leaves them.
    """

    name: str
    files: Mapping[str, Path]
    entry: Entry | None
    map: LabelMap | None


@dataclass(frozen=True)
class NewDataset:
    """All of a dataset that is to be.

    Attributes:
        sources: Folders that it is made of.
        items: Its pairs; all have an entry, or none is used.
        info: Its ``dataset.json``.
        lists: Its lists, in the new names.
        notes: What somebody should know before it is written.
    """

    sources: Sequence[Path]
    items: Sequence[Item]
    info: DatasetInfo | None
    lists: Mapping[str, Sequence[str]]
    notes: Sequence[str]

    def write(self, out: Path, link: bool = False, watch: Watch = unwatched) -> None:
        """Write it.

        Args:
            out: Must not exist yet, or be empty.
            link: Give files that stay as they are a second name instead of a copy.
            watch: Told how far it is.

        Raises:
            DatasetError: ``out`` is taken; a file cannot be read or written, is not what the
                manifest says, or has ids outside its label set. Nothing is left then.
        """
        with new_folder(out, self.sources) as root:
            for folder in sorted({folder for item in self.items for folder in item.files}):
                (root / folder).mkdir()
            entries = in_order(lambda item: _write_item(root, item, link), self.items, watch)
            if all(item.entry for item in self.items):
                with (root / MANIFEST).open("w", encoding="utf-8") as manifest:
                    for entry in entries:
                        manifest.write(f"{entry.to_json()}\n" if entry else "")
            else:
                for _ in entries:
                    pass
            for split, names in self.lists.items():
                (root / f"{split}.txt").write_text("".join(f"{n}\n" for n in names), "utf-8")
            if self.info is not None:
                write_info(root, self.info)


def _write_item(root: Path, item: Item, link: bool) -> Entry | None:
    digests: dict[str, str] = {}
    counts = item.entry.histogram if item.entry else {}
    for folder, source in item.files.items():
        old = item.entry.files.get(f"{folder}/{source.name}", "") if item.entry else ""
        has_ids = is_mask(folder) or _is_instance(folder)
        if item.map is None or not has_ids:
            target = root / folder / f"{item.name}{source.suffix}"
            _copy(source, target, link)
            # The manifest's sum goes on to vouch for the file; what was damaged stays damaged.
            digests[f"{folder}/{target.name}"] = old
            continue
        target = root / folder / f"{item.name}{MASK_SUFFIX}"
        data, ids = _mapped(source, folder, old, item.map)
        target.write_bytes(data)
        digests[f"{folder}/{target.name}"] = hashlib.sha256(data).hexdigest()
        if folder == MASK_FOLDER:
            counts = histogram(ids)
    if item.entry is None:
        return None
    return replace(item.entry, name=item.name, histogram=counts, files=digests)


def _is_instance(folder: str) -> bool:
    return folder == INSTANCE_FOLDER or folder.startswith(f"{INSTANCE_FOLDER}_")


def _copy(source: Path, target: Path, link: bool) -> None:
    # A link to a link's name would break as soon as that moves: take the file itself.
    source = source.resolve()
    if not link:
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError as error:
        raise DatasetError(
            f"{source}: cannot be linked: {error.strerror}; leave out --link to copy it"
        ) from error


def _mapped(
    path: Path, folder: str, digest: str, mapping: LabelMap
) -> tuple[bytes, NDArray[np.uint8]]:
    """Return the file with ids of the target label set, and those ids."""
    if digest and hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise DatasetError(f"{path}: was changed: its sha256 is not the manifest's")
    if _is_instance(folder):
        # CARLA has the class in red and the number of the instance in green and blue.
        bgr = np.asarray(cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR), np.uint8)
        ids = np.ascontiguousarray(bgr[..., 2])
        check_ids(path, ids, mapping.source)
        bgr[..., 2] = ids = mapping.apply(ids)
        return encode_picture(bgr), ids
    ids = mapping.apply(read_ids(path, mapping.source))
    return encode_ids(ids), ids
