# SPDX-License-Identifier: Apache-2.0
"""The report as one picture: facts, class balance, and samples with their masks."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.samples import Sample
from unet_perception.dataset.statistics import ClassBalance
from unet_perception.imaging.contact_sheet import contact_sheet
from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]

BACKGROUND = 24
TEXT = (230, 230, 230)
DIM = (150, 150, 150)
LINE = 24
MARGIN = 14
LETTERS = 100
ASPECT = 4 / 3


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
        {
            "picture": _fit(sample.picture),
            "overlay": _fit(sample.overlay),
            "mask": _caption(_fit(sample.mask), sample.name),
        }
        for sample in samples
    ]
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
    _write(head, title, MARGIN, LINE + 4, TEXT, 0.75)
    y = 2 * LINE
    for key, part in lines:
        y += LINE
        _write(head, key, MARGIN, y - 7, DIM)
        _write(head, part, 260, y - 7, TEXT)
    largest = max((row.share for row in present), default=1.0)
    for row in present:
        y += LINE
        color = tuple(map(int, label_set.palette[row.id]))
        _write(head, f"{row.id:3} {row.name}", MARGIN, y - 7, TEXT)
        end = 260 + max(2, round((width - 600) * row.share / largest))
        cv2.rectangle(head, (260, y - LINE + 6), (end, y - 4), color, cv2.FILLED)
        cv2.rectangle(head, (260, y - LINE + 6), (end, y - 4), DIM, 1)
        _write(head, f"{row.share:.2%}   in {row.pairs:,} pairs", end + 10, y - 7, TEXT)
    return head


def _wrap(words: str) -> list[str]:
    """Break a long fact into lines; OpenCV's letters are ASCII."""
    import textwrap

    plain = words.replace("°", " deg").encode("ascii", "replace").decode("ascii")
    return textwrap.wrap(plain, LETTERS) or [""]


def _fit(picture: Picture) -> Picture:
    """Pad a picture to the shape of a tile, so that it is not stretched."""
    height, width = picture.shape[:2]
    above = max(0, round(width / ASPECT) - height)
    beside = max(0, round(height * ASPECT) - width)
    pad = ((above // 2, above - above // 2), (beside // 2, beside - beside // 2), (0, 0))
    return np.pad(picture, pad, constant_values=BACKGROUND)


def _caption(picture: Picture, name: str) -> Picture:
    # The tile is 400 pixels wide, whatever the picture is.
    large = np.asarray(cv2.resize(picture, (800, 600), interpolation=cv2.INTER_NEAREST), np.uint8)
    text = name.encode("ascii", "replace").decode("ascii")
    for color, thickness in (((0, 0, 0), 6), (TEXT, 2)):
        cv2.putText(
            large, text, (16, 584), cv2.FONT_HERSHEY_SIMPLEX, 1.0, color, thickness, cv2.LINE_AA
        )
    return large


def _write(
    picture: Picture, text: str, x: int, y: int, color: tuple[int, int, int], size: float = 0.5
) -> None:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
