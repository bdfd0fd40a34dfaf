# SPDX-License-Identifier: Apache-2.0
"""Whether the bytes of a picture are all there.

A decoder answers a truncated or damaged file with whatever it could make out: grey rows in a
picture, class 0 in a mask. So the file's own marks are looked at before it is decoded.
"""

from __future__ import annotations

import struct
import zlib

from unet_perception.imaging.coded_size import PNG, check_coded_size

CUT = "ends too early: it is cut off"
_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_JPEG_MARK = 0xFF
_JPEG_SCAN = 0xDA


def damage(data: bytes) -> str:
    """Return what is wrong with a PNG or JPEG file, as the rest of a sentence; empty if nothing."""
    if not data:
        return "is empty"
    try:
        check_coded_size(data)
    except ValueError as error:
        return str(error)
    if data.startswith(PNG):
        return _png_damage(data)
    return _jpeg_damage(data)


def _jpeg_damage(data: bytes) -> str:
    at = len(_JPEG_START)
    while at + 4 <= len(data) and data[at] == _JPEG_MARK:
        if data[at + 1] == _JPEG_SCAN:
            # The mark of the end cannot be among the pixels; what follows it is not the picture's.
            return "" if data.find(_JPEG_END, at) >= 0 else CUT
        # Parts are skipped whole: one may hold a small picture with an end of its own.
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return CUT


def _png_damage(data: bytes) -> str:
    view, at = memoryview(data), len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = bytes(view[at + 4 : at + 8]), at + 12 + length
        if end > len(data):
            break
        (sum_there,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[at + 4 : end - 4]) != sum_there:
            return f"is damaged: the checksum of its {kind.decode('latin-1')!r} part is wrong"
        if kind == b"IEND":
            return ""
        at = end
    return CUT
