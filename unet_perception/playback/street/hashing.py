# SPDX-License-Identifier: Apache-2.0
"""Numbers that depend on nothing but their keys: what makes the street random access."""

from __future__ import annotations

import numpy as np

_MASK = (1 << 64) - 1


def _mix(value: int) -> int:
    # The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit.
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)


def key(*parts: int) -> int:
    """One 64-bit number for whole numbers of any sign and size."""
    value = 0x9E3779B97F4A7C15
    for part in parts:
        value = _mix((value + (part & _MASK) + 0x9E3779B97F4A7C15) & _MASK)
    return value


def unit(*parts: int) -> float:
    """A number in [0, 1) for whole-number keys."""
    return key(*parts) / 2.0**64


def generator(*parts: int) -> np.random.Generator:
    """A NumPy generator for whole-number keys; PCG64's stream is the same on every platform."""
    return np.random.Generator(np.random.PCG64(key(*parts)))
