# SPDX-License-Identifier: Apache-2.0
"""Pictures of a run: samples spread over its time, and a contact sheet of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.labels import LabelSet

Picture = NDArray[np.uint8]

WAITING_LIMIT = 8
TILE = (300, 400)
MARGIN = 10
BACKGROUND = 24


@dataclass
class PictureSampler:
    """Keeps a few complete sets of pictures, evenly spread over a run of any length.

    Attributes:
        kinds: What a complete set has, such as ``camera`` and ``overlay``.
        interval: Seconds between two samples; doubles whenever ``limit`` is reached.
        limit: Most samples that are kept.
        samples: Complete sets by kind, oldest first; RGB uint8 ``(H, W, 3)`` each.
    """

    kinds: tuple[str, ...]
    interval: float = 1.0
    limit: int = 8
    samples: list[dict[str, Picture]] = field(default_factory=list)
    _waiting: dict[int, dict[str, Picture]] = field(default_factory=dict)
    _taken_at: list[float] = field(default_factory=list)

    def due(self, now: float) -> bool:
        """Say whether pictures are wanted at ``now`` (seconds, any steady clock)."""
        return not self._taken_at or now - self._taken_at[-1] >= self.interval

    def offer(self, kind: str, stamp: int, picture: Picture, now: float) -> None:
        """Hand in one picture; a set is complete when all kinds have the same stamp."""
        parts = self._waiting.setdefault(stamp, {})
        parts[kind] = picture
        if len(parts) == len(self.kinds):
            self._waiting.clear()
            self.samples.append(parts)
            self._taken_at.append(now)
            self._thin_out()
        while len(self._waiting) > WAITING_LIMIT:
            del self._waiting[min(self._waiting)]

    def _thin_out(self) -> None:
        if len(self.samples) > self.limit:
            self.samples = self.samples[::2]
            self._taken_at = self._taken_at[::2]
            self.interval *= 2.0


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
    return np.concatenate([header, *rows, _legend(label_set, rows[0].shape[1])], axis=0)


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
