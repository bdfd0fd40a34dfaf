# SPDX-License-Identifier: Apache-2.0
"""Looking for what is wrong with the files of one pair."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.entry import Entry
from unet_perception.dataset.folder import is_mask
from unet_perception.dataset.labels import known_ids
from unet_perception.dataset.pairs import MASK_FOLDER
from unet_perception.dataset.pictures import IMAGE_FLAGS, decode
from unet_perception.dataset.whole import damage
from unet_perception.imaging.coded_size import JPEG
from unet_perception.labels import LabelSet


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: What sort of thing, in a word or two; see ``verify.KINDS``.
        where: The file, relative to the dataset folder.
        text: The rest of the sentence.
    """

    kind: str
    where: str
    text: str


class PairCheck:
    """Checks the files of pairs of one folder; several threads may at once."""

    def __init__(self, label_set: LabelSet | None) -> None:
        """Take the label set of the masks; None where it is not known."""
        self._label_set = label_set
        self._known = None if label_set is None else known_ids(label_set)

    def check(self, name: str, files: Mapping[str, Path], entry: Entry | None) -> list[Finding]:
        """Return what is wrong with the files of a pair.

        Args:
            name: Of the pair.
            files: Those that are there, by folder.
            entry: What the manifest says, where there is one.
        """
        findings: list[Finding] = []
        sizes: dict[str, tuple[str, tuple[int, int]]] = {}
        for folder, path in files.items():
            where = f"{folder}/{path.name}"
            pixels = self._read(where, path, entry, findings)
            if pixels is None:
                continue
            # Folders of one view have one suffix: CameraRGB_left and CameraMask_left.
            view = folder.partition("_")[2]
            size = (pixels.shape[1], pixels.shape[0])
            first, expected = sizes.setdefault(view, (where, size))
            if size != expected:
                text = "is {}x{}, but {} is {}x{}".format(*size, first, *expected)
                findings.append(Finding("size", where, text))
            if is_mask(folder):
                counted = entry.histogram if entry and folder == MASK_FOLDER else None
                self._check_ids(where, pixels, counted, findings)
        if entry is not None:
            there = {f"{folder}/{path.name}" for folder, path in files.items()}
            for missing in sorted(entry.files.keys() - there):
                findings.append(Finding("manifest", missing, "is missing; the manifest names it"))
        return findings

    def _read(
        self, where: str, path: Path, entry: Entry | None, findings: list[Finding]
    ) -> NDArray[np.uint8] | None:
        try:
            data = path.read_bytes()
        except OSError as error:
            findings.append(Finding("unreadable", where, f"cannot be read: {error.strerror}"))
            return None
        if entry is not None:
            digest = entry.files.get(where)
            if digest is None:
                findings.append(Finding("manifest", where, "has no sum in the manifest"))
            elif hashlib.sha256(data).hexdigest() != digest:
                findings.append(Finding("sum", where, "was changed: its sha256 is another"))
        mask = is_mask(where.partition("/")[0])
        if mask and data.startswith(JPEG):
            text = "is a JPEG, which smears class ids; a mask is a PNG"
            findings.append(Finding("mask form", where, text))
            return None
        try:
            if wrong := damage(data):
                raise ValueError(wrong)
            return decode(data, cv2.IMREAD_UNCHANGED if mask else IMAGE_FLAGS)
        except ValueError as error:
            findings.append(Finding("unreadable", where, str(error)))
            return None

    def _check_ids(
        self,
        where: str,
        pixels: NDArray[np.uint8],
        counted: Mapping[int, int] | None,
        findings: list[Finding],
    ) -> None:
        ids = _ids(pixels)
        if ids is None:
            text = (
                f"has {pixels.dtype} pixels; a mask has uint8 ids"
                if pixels.dtype != np.uint8
                else "has different red, green and blue: it is coloured, or no mask at all"
            )
            findings.append(Finding("mask form", where, text))
            return
        counts = np.bincount(ids.reshape(-1), minlength=256)
        if self._known is not None and self._label_set is not None:
            stray = np.flatnonzero((counts > 0) & ~self._known).tolist()
            if stray:
                many = ", ".join(map(str, stray[:8])) + (" ..." if len(stray) > 8 else "")
                text = f"has id {many}, which label set {self._label_set.name} does not have"
                findings.append(Finding("class id", where, text))
        if counted is not None and any(
            count != counted.get(i, 0) for i, count in enumerate(counts.tolist())
        ):
            text = "has other pixels of each class than the manifest says"
            findings.append(Finding("manifest", where, text))


def _ids(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the ids of a mask as it was decoded, or None where it is none.

    A mask has one channel, three of which two are 0 all over, or three that are the same.
    """
    if pixels.dtype != np.uint8:
        return None
    if pixels.ndim == 2:
        return pixels
    channels = cv2.split(pixels[..., :3])
    filled = [channel for channel in channels if cv2.countNonZero(channel)]
    if len(filled) > 1 and not (
        len(filled) == 3 and all(np.array_equal(filled[0], other) for other in filled[1:])
    ):
        return None
    return np.asarray(filled[0] if filled else channels[0], np.uint8)
