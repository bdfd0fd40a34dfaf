# SPDX-License-Identifier: Apache-2.0
"""Pictures to try a network on where no recorded ones are at hand: the same ones always."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOISE_SEED = 20260


def probe_pictures(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Return RGB pictures ``(h, w, 3)``: a road first, then what a camera shows at its limits.

    A road under a sky with things beside it has all that a driving network tells apart; black,
    white, noise and hard edges make its features larger than real frames do.

    Args:
        size: Rows and columns.
    """
    height, width = size
    rng = np.random.default_rng(NOISE_SEED)
    rows, columns = np.indices(size)
    checks = ((rows // 4 + columns // 4) % 2 * 255).astype(np.uint8)
    return [
        _road(height, width, rng),
        np.zeros((height, width, 3), np.uint8),
        np.full((height, width, 3), 255, np.uint8),
        np.repeat(checks[..., None], 3, axis=2),
        rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
    ]


def _road(height: int, width: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    y, x = np.mgrid[0 : 1 : height * 1j, -1 : 1 : width * 1j]
    horizon = 0.45
    picture = np.empty((height, width, 3))
    picture[...] = np.stack([150 + 60 * y, 180 + 40 * y, 235 - 20 * y], axis=-1)
    depth = np.clip((y - horizon) / (1 - horizon), 0, 1)
    below = y > horizon
    picture[below] = (70, 110, 50)
    picture[below & (np.abs(x) < 0.05 + 0.9 * depth)] = (150, 145, 140)
    picture[below & (np.abs(x) < 0.04 + 0.7 * depth)] = (85, 85, 90)
    picture[below & (np.abs(x) < 0.004 + 0.02 * depth)] = (230, 230, 230)
    for left, right, top, bottom, colour in (
        (-1.0, -0.55, 0.05, 0.50, (165, 120, 95)),
        (0.60, 1.0, 0.15, 0.50, (120, 115, 125)),
        (-0.42, -0.36, 0.20, 0.62, (60, 60, 60)),
        (0.36, 0.52, 0.25, 0.52, (40, 90, 40)),
        (-0.16, 0.06, 0.48, 0.62, (160, 30, 35)),
        (0.22, 0.26, 0.44, 0.60, (40, 50, 120)),
    ):
        picture[(x >= left) & (x < right) & (y >= top) & (y < bottom)] = colour
    picture += rng.normal(0, 6, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
