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
TEXT = (230, 230, 230)


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
        write(header, kind, (MARGIN + column * (width + MARGIN), 28))
    sheet = np.concatenate([header, *rows, _legend(label_set, rows[0].shape[1])], axis=0)
    return np.concatenate([sheet, _band(len(sheet), MARGIN)], axis=1)


def fitted(picture: Picture) -> Picture:
    """Fit a picture into a tile without stretching it."""
    rows, columns = TILE
    height, width = picture.shape[:2]
    scale = min(rows / height, columns / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    small = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    above, left = (rows - size[1]) // 2, (columns - size[0]) // 2
    tile = _band(rows, columns)
    tile[above : above + size[1], left : left + size[0]] = small
    return tile


def caption(tile: Picture, name: str) -> None:
    """Write a name into the lower left corner, in place; OpenCV's letters are ASCII."""
    text = name.encode("ascii", "replace").decode("ascii")
    at = (8, tile.shape[0] - 10)
    for color, thickness in (((0, 0, 0), 3), (TEXT, 1)):
        write(tile, text, at, 0.5, color, thickness)


def write(
    picture: Picture,
    text: str,
    at: tuple[int, int],
    size: float = 0.65,
    color: tuple[int, int, int] = TEXT,
    thickness: int = 1,
) -> None:
    """Write ASCII letters into a picture, in place; ``at`` is where the first one's foot is."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, at, font, size, color, thickness, cv2.LINE_AA)


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
        write(legend, f"{label.id} {label.name}", (x + 30, y + 18), 0.5)
    return legend


def _band(height: int, width: int) -> Picture:
    return np.full((height, width, 3), BACKGROUND, np.uint8)
