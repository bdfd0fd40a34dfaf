# SPDX-License-Identifier: Apache-2.0
"""Every picture of a run, checked and decoded once before training, at the camera's size."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import Pair, read_image
from unet_perception.dataset.labels import count_ids, read_pair
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.errors import DatasetError
from unet_perception.labels import LabelSet
from unet_perception.training.memory import Store, free_memory

MEMORY_SHARE = 0.5
"""Share of the free memory that pictures may take; beyond it they lie in a file."""


@dataclass(frozen=True)
class Part:
    """Pairs of one dataset, and what their masks mean.

    Attributes:
        pairs: One or more.
        label_set: Label set of the masks.
        table: Look-up table ``(256,)`` uint8 from the masks' ids to training ids.
    """

    pairs: Sequence[Pair]
    label_set: LabelSet
    table: NDArray[np.uint8]


class _Read(NamedTuple):
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    counts: NDArray[np.int64]
    digest: bytes


class Examples:
    """Pictures and masks, all read and in memory or in a file that is mapped into it.

    Attributes:
        counts: Pixels of each training id in each example, int64 ``(N, 256)``.
        fingerprint: Checksum of all pixels and ids in order: which data a network was trained
            on. It is equal for equal data, whatever file format the pairs were kept in.
        place: One line on where the pixels are.
    """

    def __init__(
        self,
        images: Store,
        masks: Store,
        sizes: Sequence[tuple[int, int]],
        counts: NDArray[np.int64],
        fingerprint: str,
        place: str,
    ) -> None:
        """Take pixels over that were written to stores one after another."""
        self._sizes = tuple(sizes)
        ends = np.cumsum([height * width for height, width in sizes])
        self._starts = [0, *ends.tolist()]
        self._images, self._masks = images.bytes(), masks.bytes()
        self.counts, self.fingerprint, self.place = counts, fingerprint, place

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self._sizes)

    def image(self, index: int) -> NDArray[np.uint8]:
        """Return a picture, RGB ``(H, W, 3)``: a view that cannot be written to."""
        start, end = self._starts[index], self._starts[index + 1]
        return self._images[3 * start : 3 * end].reshape(*self._sizes[index], 3)

    def mask(self, index: int) -> NDArray[np.uint8]:
        """Return a mask's training ids ``(H, W)``: a view that cannot be written to."""
        return self._masks[self._starts[index] : self._starts[index + 1]].reshape(
            self._sizes[index]
        )


def load_examples(
    parts: Sequence[Part],
    workers: int = 0,
    on_progress: Watch = unwatched,
    folder: Path | None = None,
) -> Examples:
    """Read pairs, and refuse whatever would go wrong in the middle of a training.

    Args:
        parts: Datasets, in the order in which their examples are numbered.
        workers: Threads that decode; 0 takes one for each core.
        on_progress: Told after every pair how many are read, and of how many.
        folder: Where a file is made if the pixels are too many for the memory; the system's
            folder for such files by default.

    Raises:
        DatasetError: There is no pair, a picture or mask is unreadable, they differ in size, a
            mask has colours or an id outside its label set, or the file cannot be written.
    """
    jobs = [(part, pair) for part in parts for pair in part.pairs]
    if not jobs:
        raise DatasetError("no pairs; there is nothing to read")
    expected = sum(_bytes_of(part) for part in parts if part.pairs)
    free = free_memory()
    in_memory = expected <= MEMORY_SHARE * free
    folder = Path(folder or tempfile.gettempdir())
    images, masks = (Store(None if in_memory else folder) for _ in range(2))
    sizes: list[tuple[int, int]] = []
    counts = np.empty((len(jobs), 256), np.int64)
    digest = hashlib.sha256()
    for number, one in enumerate(in_order(_read, jobs, on_progress, workers)):
        images.append(one.image)
        masks.append(one.mask)
        sizes.append((one.mask.shape[0], one.mask.shape[1]))
        counts[number] = one.counts
        digest.update(one.digest)
    place = (
        f"{expected / 1e9:.1f} GB of pictures in memory"
        if in_memory
        else (
            f"{expected / 1e9:.1f} GB of pictures in a file in {folder}: "
            f"{free / 1e9:.1f} GB of memory are free"
        )
    )
    return Examples(images, masks, sizes, counts, digest.hexdigest(), place)


def _read(job: tuple[Part, Pair]) -> _Read:
    part, pair = job
    image, ids = read_pair(pair, part.label_set)
    mask = part.table[ids]
    digest = hashlib.sha256(repr(mask.shape).encode())
    digest.update(image.data)
    digest.update(mask.data)
    return _Read(image, mask, count_ids(mask), digest.digest())


def _bytes_of(part: Part) -> int:
    """Return about how much a part takes: all pictures of a dataset have one size mostly."""
    return len(part.pairs) * read_image(part.pairs[0].image).size // 3 * 4
