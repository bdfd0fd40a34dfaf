# SPDX-License-Identifier: Apache-2.0
"""What effects are laid on with: patches, polygons, streaks, drops, glows.

They are drawn on the CPU at a coarse size, whatever the training pictures' size is, and spread
over the picture by ``spread`` on the device where the pictures are.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Field = NDArray[np.float32]

COARSE = (96, 128)
"""Rows and columns of polygons, streaks and glows."""


def spread(field: Tensor, size: tuple[int, int]) -> Tensor:
    """Scale fields ``(N, C, h, w)`` smoothly to rows and columns."""
    if tuple(field.shape[-2:]) == size:
        return field
    return functional.interpolate(field, size, mode="bilinear", align_corners=False)


def softened(images: Tensor, reach: tuple[int, int]) -> Tensor:
    """Blur pictures ``(N, C, H, W)`` over blocks of so many rows and columns, which is cheap."""
    size = (images.shape[-2], images.shape[-1])
    blocks = functional.avg_pool2d(images, reach, ceil_mode=True, count_include_pad=False)
    return spread(blocks, size)


def patches(rng: np.random.Generator) -> Field:
    """Return smooth patches ``(1, 24, 32)`` of about -1 to 1 in several sizes."""
    total = np.zeros((24, 32), np.float32)
    for rows, weight in ((3, 1.0), (6, 0.7), (12, 0.5)):
        points = rng.standard_normal((rows, rows * 4 // 3), np.float32) * weight
        total += cv2.resize(points, (32, 24), interpolation=cv2.INTER_CUBIC)
    return (total * 0.6)[None]


def polygons(rng: np.random.Generator, count: int, softness: float) -> Field:
    """Return the inside of some triangles and quadrangles, ``(1, h, w)`` of 0 to 1.

    Args:
        rng: Source of randomness.
        count: How many.
        softness: Standard deviation of the edge in rows.
    """
    rows, columns = COARSE
    field = np.zeros(COARSE, np.float32)
    for _ in range(count):
        corners = rng.uniform(-0.3, 1.3, (rng.integers(3, 5), 2)) * (columns, rows)
        cv2.fillConvexPoly(field, cv2.convexHull(corners.astype(np.int32)), 1.0)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), softness), np.float32)[None]


def streaks(rng: np.random.Generator, count: int, length: float, slope: float) -> Field:
    """Return falling drops drawn out by the exposure, ``(1, h, w)`` of 0 to 1.

    Args:
        rng: Source of randomness.
        count: How many.
        length: Rows that the longest one covers.
        slope: Columns for each row.
    """
    rows, columns = COARSE
    field = np.zeros((rows * 2, columns * 2), np.float32)
    starts = rng.uniform(-0.1, 1.1, (count, 2)) * (columns * 2, rows * 2)
    # Near drops are long and bright, far ones short and faint; most are far.
    near = rng.random(count) ** 2 * 0.8 + 0.2
    ends = starts + (near * length * 2)[:, None] * (slope, 1.0)
    for start, end, light in zip(starts.astype(int), ends.astype(int), near, strict=True):
        cv2.line(field, start.tolist(), end.tolist(), float(light), 1, cv2.LINE_8)
    small = cv2.resize(field, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)[None]


def drops(rng: np.random.Generator, count: int) -> Field:
    """Return drops on the lens, ``(1, h, w)`` of 0 to 1."""
    field = np.zeros(COARSE, np.float32)
    for x, y in (rng.random((count, 2)) * COARSE[::-1]).astype(int).tolist():
        axes = (rng.integers(1, 7), rng.integers(1, 8))
        cv2.ellipse(field, (x, y), (int(axes[0]), int(axes[1])), 0, 0, 360, 1.0, cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), 1.5), np.float32)[None]


def glows(
    rng: np.random.Generator, places: NDArray[np.float64], colors: NDArray[np.float64]
) -> Field:
    """Return lamps with their halo, ``(3, h, w)`` of 0 and up.

    Args:
        rng: Source of randomness.
        places: ``(N, 2)``: column and row in shares of the picture.
        colors: ``(N, 3)``: RGB.
    """
    rows, columns = COARSE
    field = np.zeros((3, *COARSE), np.float32)
    for place, color in zip(places, colors, strict=True):
        size = rng.uniform(0.8, 4.0)
        # A bright core in a wide faint halo.
        for width, light in ((size, 1.0), (5 * size, 0.15)):
            down, aside = (
                np.exp(-((np.arange(count) - share * count) ** 2) / (2 * width**2))
                for count, share in ((rows, place[1]), (columns, place[0]))
            )
            field += color[:, None, None] * np.outer(light * down, aside).astype(np.float32)
    return field
