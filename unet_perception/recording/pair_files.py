# SPDX-License-Identifier: Apache-2.0
"""The files of one pair on their way to the disk: temporary, then named, then committed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.entry import Entry, Moment, pair_name
from unet_perception.dataset.folder import is_mask
from unet_perception.dataset.labels import histogram
from unet_perception.dataset.pairs import MASK_FOLDER
from unet_perception.dataset.png import encode_ids, encode_picture
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import temporary_name


def encode(folder: str, image: NDArray[np.uint8]) -> bytes:
    """Return the file for an image: a mask from ids ``(H, W)``, else a picture ``(H, W, 3|4)``.

    Raises:
        DatasetError: The array is neither.
    """
    try:
        return encode_ids(image) if is_mask(folder) else encode_picture(image)
    except ValueError as error:
        raise DatasetError(f"{folder}: {error}") from error


class PairFiles:
    """The files of one pair that is not yet committed.

    Attributes:
        entry: Its line in the manifest to be.
        size: Bytes of all its files.
    """

    def __init__(
        self, root: Path, number: int, moment: Moment, images: dict[str, NDArray[np.uint8]]
    ) -> None:
        """Encode the images and write them under temporary names, with their bytes on the disk.

        Args:
            root: Dataset folder.
            number: Of the pair.
            moment: What the manifest will say.
            images: By folder; emptied, so that each is let go of as soon as it is encoded.

        Raises:
            DatasetError: An image cannot be encoded or a file not written; none is left over.
        """
        name = pair_name(number)
        self.size = 0
        self._paths: list[Path] = []
        self._named: list[Path] = []
        images[MASK_FOLDER] = np.ascontiguousarray(images[MASK_FOLDER])
        counts = histogram(images[MASK_FOLDER])
        digests: dict[str, str] = {}
        try:
            for folder in list(images):
                data = encode(folder, images.pop(folder))
                digests[f"{folder}/{name}.png"] = hashlib.sha256(data).hexdigest()
                self._write(root / folder / f"{name}.png", data)
        except BaseException:
            self.discard()
            raise
        self.entry = Entry(**vars(moment), name=name, histogram=counts, files=digests)

    def rename(self) -> None:
        """Give all files their own names.

        Raises:
            DatasetError: One of them cannot be renamed; ``discard`` removes them all.
        """
        for path in self._paths:
            try:
                os.rename(temporary_name(path), path)
            except OSError as error:
                raise DatasetError(f"{path}: cannot be renamed: {error.strerror}") from error
            self._named.append(path)

    def discard(self) -> None:
        """Remove the files under either name, as far as the disk lets us; resuming sees to it."""
        for path in self._paths:
            _remove(path if path in self._named else temporary_name(path))

    def _write(self, path: Path, data: bytes) -> None:
        temporary = temporary_name(path)
        self._paths.append(path)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error
        self.size += len(data)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        # It may be the very disk that failed; a stray is not a pair, and resuming removes it.
        return
