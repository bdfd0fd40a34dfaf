# SPDX-License-Identifier: Apache-2.0
"""A picture file's own size is looked at before a decoder takes memory for it."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from unet_perception.imaging.coded_size import check_coded_size


def coded(suffix: str, height: int = 30, width: int = 50, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, np.zeros((height, width, 3), np.uint8), options)
    assert done
    return data.tobytes()


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + b"IHDR" + head + check


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_what_cameras_send_passes(suffix: str) -> None:
    check_coded_size(coded(suffix))
    # An even picture is the one that packs best.
    check_coded_size(coded(suffix, 3000, 4000))
    check_coded_size(coded(".jpg", 300, 400, cv2.IMWRITE_JPEG_PROGRESSIVE, 1))


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp"])
def test_other_files_pass_as_files_alone(suffix: str) -> None:
    data = coded(suffix)
    check_coded_size(data, files=True)
    with pytest.raises(ValueError, match="neither JPEG nor PNG"):
        check_coded_size(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(0, 5), "sides must be 1 to 16384"),
        (png(16385, 5), "sides must be 1 to 16384"),
        (png(16384, 16384) + bytes(1 << 16), "at most 67108864 pixels"),
        (png(8000, 8000), "bytes cannot hold"),
        (png(5, 5)[:20], "ends before its size"),
        (b"\xff\xd8" + b"\xff\xda" * 65, "65 scans"),
        (b"\xff\xd8\xff\xd9" + bytes(9), "without a size"),
        (b"GIF89a" + bytes(40), "neither JPEG nor PNG"),
        (b"", "neither JPEG nor PNG"),
    ],
)
def test_what_is_not_believed_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_coded_size(data)


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp", ".png", ".jpg"])
def test_truncated_heads_are_refused(suffix: str) -> None:
    data = coded(suffix)
    for length in range(16):
        with pytest.raises(ValueError, match="neither|ends before|without a size"):
            check_coded_size(data[:length], files=True)
