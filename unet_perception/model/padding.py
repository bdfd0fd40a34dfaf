# SPDX-License-Identifier: Apache-2.0
"""How much a picture is padded so that four halvings divide it."""

from __future__ import annotations

STRIDE = 16
"""Four poolings by two: sides must be a multiple of this inside the network."""


def pad_amounts(height: int, width: int) -> tuple[int, int]:
    """Return the rows to add at the bottom and the columns to add at the right."""
    return -height % STRIDE, -width % STRIDE
