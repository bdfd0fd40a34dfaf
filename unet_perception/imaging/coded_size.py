# SPDX-License-Identifier: Apache-2.0
"""How large a picture file says it is, read off its header before a decoder takes memory for it.

A few bytes of header can ask for gigabytes of pixels. Sizes are refused that are beyond what a
camera has, or that so few bytes cannot hold, whatever they are.
"""

from __future__ import annotations

import struct

import numpy as np

MAX_SIDE = 16384
"""Longest side that is believed; a bigger one is a damaged message."""

MAX_PIXELS = 1 << 26
"""Of a compressed picture: 67 million, 200 MB as bgr8, 16384 x 4096."""

MAX_SCANS = 64
"""Passes of a progressive JPEG; encoders write about ten. Each costs time for all its pixels."""

PIXELS_PER_BYTE = 8 * 1032
"""Deflate packs 1032 to 1, and a PNG pixel has a bit or more; a JPEG byte holds fewer pixels."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
_SCAN = 0xDA
_PNG_HEAD = struct.Struct(">8sI4sII")
_JPEG_FRAME = struct.Struct(">5xHH")
_BMP_HEAD = struct.Struct("<14xIii")

Size = tuple[int, int]


def check_coded_size(data: bytes, files: bool = False) -> None:
    """Refuse a picture file before it is decoded.

    Args:
        data: PNG or JPEG, which is what cameras send and datasets have.
        files: Allow BMP, TIFF and WebP as well, in which people keep pictures.

    Raises:
        ValueError: It is something else, has no size, or one that is not believed; the message
            goes on from the file's name.
    """
    kinds = {**_CODED, **_KEPT} if files else _CODED
    size_of = next((kind for start, kind in kinds.items() if data.startswith(start)), None)
    if size_of is None:
        raise ValueError(f"is neither JPEG nor PNG{', BMP, TIFF nor WebP' if files else ''}")
    try:
        width, height = size_of(data)
    except (struct.error, IndexError) as error:
        raise ValueError("ends before its size") from error
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ValueError(f"says it is {width}x{height}; sides must be 1 to {MAX_SIDE}")
    if width * height > MAX_PIXELS:
        raise ValueError(f"says it is {width}x{height}; at most {MAX_PIXELS} pixels are read")
    if size_of in _CODED.values() and width * height > PIXELS_PER_BYTE * len(data):
        raise ValueError(f"says it is {width}x{height}, which {len(data)} bytes cannot hold")


def _png_size(data: bytes) -> Size:
    _, _, kind, width, height = _PNG_HEAD.unpack_from(data)
    if kind != b"IHDR":
        raise ValueError("is a PNG file without a size")
    return width, height


def _jpeg_size(data: bytes) -> Size:
    # Within the coded pixels, 0xFF is always followed by 0 or by the number of a restart.
    # Five times as fast as bytes.count, which would be a twelfth of the decoder's own time.
    flat = np.frombuffer(data, np.uint8)
    scans = np.count_nonzero(flat[np.flatnonzero(flat[:-1] == 0xFF) + 1] == _SCAN)
    if scans > MAX_SCANS:
        raise ValueError(f"has {scans} scans; more than {MAX_SCANS} are not read")
    # ITU T.81, B.1 and B.2.2: segments up to the frame header (SOF), which has the size.
    at = len(JPEG)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _JPEG_FRAME.unpack_from(data, at)
            return width, height
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ValueError("is a JPEG file without a size")


def _bmp_size(data: bytes) -> Size:
    head, width, height = _BMP_HEAD.unpack_from(data)
    if head < 40:
        raise ValueError("is a BMP file of OS/2, which is not read")
    # Rows from the top down have a negative height.
    return width, abs(height)


def _webp_size(data: bytes) -> Size:
    kind = data[8:16]
    if kind == b"WEBPVP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"WEBPVP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"WEBPVP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise ValueError("is a WebP file without a size")
    return width, height


def _tiff_size(data: bytes) -> Size:
    # TIFF 6.0, section 2: the first directory; its entries are tag, type, count, value.
    order = "<" if data.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, at)
    sides: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, entry)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT):
            form = "H" if kind == _TIFF_SHORT else "I"
            (sides[tag],) = struct.unpack_from(f"{order}{form}", data, entry + 8)
    if len(sides) != 2:
        raise ValueError("is a TIFF file without a size")
    return sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT]


_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_SHORT = 256, 257, 3

_CODED = {PNG: _png_size, JPEG: _jpeg_size}
_KEPT = {
    **{b"BM": _bmp_size, b"RIFF": _webp_size},
    **{b"II*\0": _tiff_size, b"MM\0*": _tiff_size},
}
