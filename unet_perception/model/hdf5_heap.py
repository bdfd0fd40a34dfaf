# SPDX-License-Identifier: Apache-2.0
"""A check of HDF5's global heaps, where it keeps text, before the HDF5 library reads them.

The library walks a heap by the sizes in it: on a damaged size it runs in a circle for
ever, in C, where neither a signal nor an exception ends it. Layout: HDF5 File Format
Specification, version 3.0, section III.E.
"""

from __future__ import annotations

import struct

_START = b"GCOL\x01\x00\x00\x00"
_HEADER = 16
_FREE_SPACE = 0


def damaged_heap(data: bytes) -> int | None:
    """Return where in an HDF5 file a damaged global heap starts, or None.

    Args:
        data: The whole file.
    """
    start = data.find(_START)
    while start >= 0:
        if not _is_whole(data, start):
            return start
        start = data.find(_START, start + len(_START))
    return None


def _is_whole(data: bytes, start: int) -> bool:
    if start + _HEADER > len(data):
        return False
    (size,) = struct.unpack_from("<Q", data, start + len(_START))
    end = start + size
    if end > len(data):
        return False
    place = start + _HEADER
    while place + _HEADER <= end:
        index, _, room = struct.unpack_from("<HH4xQ", data, place)
        # Free space counts its own header; an object's data starts on every eighth byte.
        step = room if index == _FREE_SPACE else _HEADER + -(-room // 8) * 8
        if step < _HEADER or place + step > end:
            return False
        place += step
    return True
