# SPDX-License-Identifier: Apache-2.0
"""Pictures in rows and columns, with the classes' colours below."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]

TILE = (300, 400)
MARGIN = 10
BACKGROUND = 24


def contact_sheet(
    samples: list[dict[str, Picture]], kinds: tuple[str, ...], label_set: LabelSet
) -> Picture:
    """Lay samples out in rows, one column for each kind, with the classes' colours below.

    Args:
        samples: Sets of RGB uint8 ``(H, W, 3)`` pictures; at least one.
        kinds: Columns, in order.
        label_set: Classes of the legend.

    Returns:
        RGB uint8 picture.
    """
    width = TILE[1]
    rows = [np.concatenate([_tile(sample[kind]) for kind in kinds], axis=1) for sample in samples]
    header = _band(40, rows[0].shape[1])
    for column, kind in enumerate(kinds):
        _write(header, kind, (MARGIN + column * (width + MARGIN), 28))
    sheet = np.concatenate([header, *rows, _legend(label_set, rows[0].shape[1])], axis=0)
    return np.concatenate([sheet, _band(len(sheet), MARGIN)], axis=1)


def _tile(picture: Picture) -> Picture:
    height, width = TILE
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.pad(
        np.asarray(small, np.uint8),
        ((0, MARGIN), (MARGIN, 0), (0, 0)),
        constant_values=BACKGROUND,
    )


def _legend(label_set: LabelSet, width: int) -> Picture:
    column_width, line = 190, 26
    per_row = max(1, (width - MARGIN) // column_width)
    n_rows = -(-len(label_set.classes) // per_row)
    legend = _band(n_rows * line + MARGIN, width)
    for index, label in enumerate(label_set.classes):
        x = MARGIN + index % per_row * column_width
        y = index // per_row * line
        cv2.rectangle(legend, (x, y + 4), (x + 22, y + 20), label.color, cv2.FILLED)
        cv2.rectangle(legend, (x, y + 4), (x + 22, y + 20), (120, 120, 120), 1)
        _write(legend, f"{label.id} {label.name}", (x + 30, y + 18), 0.5)
    return legend


def _band(height: int, width: int) -> Picture:
    return np.full((height, width, 3), BACKGROUND, np.uint8)


def _write(picture: Picture, text: str, at: tuple[int, int], size: float = 0.65) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (230, 230, 230), 1, cv2.LINE_AA)
