# SPDX-License-Identifier: Apache-2.0
"""The report as one picture: facts, class balance, and samples with their masks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.samples import Sample
from unet_perception.dataset.statistics import ClassBalance
from unet_perception.imaging.contact_sheet import (
    BACKGROUND,
    caption,
    contact_sheet,
    fitted,
    write,
)
from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]

DIM = (150, 150, 150)
LINE = 24
MARGIN = 14
LETTERS = 100


def draw_sheet(
    title: str,
    facts: Sequence[tuple[str, str]],
    classes: Sequence[ClassBalance],
    samples: Sequence[Sample],
    label_set: LabelSet,
) -> Picture:
    """Return the report, RGB uint8.

    Args:
        title: First line.
        facts: Keys and words.
        classes: Of the class balance.
        samples: Pairs to show, at least one; each takes a row.
        label_set: Colours and names.
    """
    shown = [
        {kind: fitted(getattr(sample, kind)) for kind in ("picture", "overlay", "mask")}
        for sample in samples
    ]
    for tiles, sample in zip(shown, samples, strict=True):
        caption(tiles["mask"], sample.name)
    sheet = contact_sheet(shown, ("picture", "overlay", "mask"), label_set)
    return np.concatenate([_head(title, facts, classes, label_set, sheet.shape[1]), sheet], axis=0)


def _head(
    title: str,
    facts: Sequence[tuple[str, str]],
    classes: Sequence[ClassBalance],
    label_set: LabelSet,
    width: int,
) -> Picture:
    lines = [
        (key if not index else "", part)
        for key, words in facts
        for index, part in enumerate(_wrap(words))
    ]
    present = [row for row in classes if row.pixels]
    head = np.full((LINE * (len(lines) + len(present) + 3), width, 3), BACKGROUND, np.uint8)
    write(head, title, (MARGIN, LINE + 4), 0.75)
    y = 2 * LINE
    for key, part in lines:
        y += LINE
        write(head, key, (MARGIN, y - 7), 0.5, DIM)
        write(head, part, (260, y - 7), 0.5)
    largest = max((row.share for row in present), default=1.0)
    for row in present:
        y += LINE
        color = tuple(map(int, label_set.palette[row.id]))
        write(head, f"{row.id:3} {row.name}", (MARGIN, y - 7), 0.5)
        end = 260 + max(2, round((width - 600) * row.share / largest))
        cv2.rectangle(head, (260, y - LINE + 6), (end, y - 4), color, cv2.FILLED)
        cv2.rectangle(head, (260, y - LINE + 6), (end, y - 4), DIM, 1)
        write(head, f"{row.share:.2%}   in {row.pairs:,} pairs", (end + 10, y - 7), 0.5)
    return head


def _wrap(words: str) -> list[str]:
    """Break a long fact into lines; OpenCV's letters are ASCII."""
    plain = words.replace("°", " deg").encode("ascii", "replace").decode("ascii")
    return textwrap.wrap(plain, LETTERS) or [""]
