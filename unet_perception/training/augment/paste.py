# SPDX-License-Identifier: Apache-2.0
"""Small things of rare classes from one picture into another (after ClassMix and CutMix).

Persons, poles and signs are few pixels in few frames. Pasted at the place where they stand in
their own frame, seen by the same view, they have the size that they would have there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.labels import UNLABELED, LabelSet

RARE = 0.012
"""A class with less than this share of all pixels is rare."""

ENOUGH = 2e-4
"""Share of a frame that rare things must cover for it to be worth pasting from."""

_LYING = ("road", "line", "sidewalk", "ground", "terrain", "rail", "water")
"""What lies on the ground belongs where it is; found in the names of its class."""


@dataclass(frozen=True)
class Things:
    """What can be pasted.

    Attributes:
        ids: Training ids of rare classes that stand.
        donors: Examples that have some of them.
    """

    ids: tuple[int, ...]
    donors: NDArray[np.int64]


def find_things(counts: NDArray[np.int64], label_set: LabelSet) -> Things | None:
    """Return what can be pasted, or None where nothing can.

    Args:
        counts: Pixels of each training id in each example, ``(N, 256)``.
        label_set: Classes of the training ids.
    """
    total = counts[:, list(label_set.ids)].sum()
    ids = [
        label.id
        for label in label_set.classes
        if 0 < counts[:, label.id].sum() < RARE * total
        and not any(word in label.name.lower() for word in _LYING)
    ]
    share = counts[:, ids].sum(axis=1) / counts.sum(axis=1)
    donors = np.flatnonzero(share >= ENOUGH)
    return Things(tuple(ids), donors) if ids and len(donors) else None


def paste(
    rng: np.random.Generator,
    things: Things,
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    donor_image: NDArray[np.uint8],
    donor_mask: NDArray[np.uint8],
) -> None:
    """Copy the pixels of about half of the donor's rare classes, in place.

    Args:
        rng: Source of randomness.
        things: What can be pasted.
        image: RGB ``(h, w, 3)``; written to.
        mask: Its ids ``(h, w)``; written to, but nothing is pasted beyond the frame's edge.
        donor_image: As ``image``, sampled by the same view.
        donor_mask: As ``mask``.
    """
    chosen = [i for i in things.ids if rng.random() < 0.5]
    copied = np.isin(donor_mask, chosen) & (mask != UNLABELED)
    image[copied] = donor_image[copied]
    mask[copied] = donor_mask[copied]
