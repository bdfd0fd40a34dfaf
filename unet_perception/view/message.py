# SPDX-License-Identifier: Apache-2.0
"""The binary message that carries one picture and its mask to a browser.

========  ==============================================================================
bytes     what
========  ==============================================================================
4         length of the head, unsigned, little endian
head      JSON: what ``Head`` has
picture   a JPEG or PNG file, ``head.picture`` bytes
mask      class ids, row by row, in zlib's format; nothing if there is no mask
========  ==============================================================================
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.files.documents import parse_json
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import Picture

LEVEL = 1
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Encoded:
    """A pair, ready to be sent to any number of browsers; a twentieth of its size.

    Attributes:
        camera: Name of the camera.
        number: Number of the pair.
        shares: Pixels of each class id.
        message: The bytes of the message.
    """

    camera: str
    number: int
    shares: Mapping[int, int]
    message: bytes

    def pair(self) -> Pair:
        """Return the pair again: its mask as it was, its picture as browsers were sent it."""
        head, picture, ids = decode(self.message)
        return Pair(self.camera, int(head["stamp"]), Picture(picture), ids, self.number)


def encode(pair: Pair, quality: int, latencies: Sequence[float] = ()) -> Encoded:
    """Encode a pair.

    Args:
        pair: The pair.
        quality: Of the JPEG, 1 to 100.
        latencies: Latencies of the masks since the last one, in ms, for the plot.

    Raises:
        FrameError: The picture cannot be encoded.
    """
    picture, kind = pair.picture.encoded(quality)
    ids = pair.ids
    packed = b"" if ids is None else zlib.compress(np.ascontiguousarray(ids).data, LEVEL)
    shares = {} if ids is None else count_ids(ids)
    height, width = (0, 0) if ids is None else ids.shape
    head = {
        "camera": pair.camera,
        "number": pair.number,
        # A text: browsers have 53 bits for a number.
        "stamp": str(pair.stamp),
        "kind": kind,
        "picture": len(picture),
        "mask": len(packed),
        "width": width,
        "height": height,
        "shares": list(shares.items()),
        "latencies": [round(value, 2) for value in latencies],
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    message = b"".join((_LENGTH.pack(len(text)), text, picture, packed))
    return Encoded(pair.camera, pair.number, shares, message)


def decode(message: bytes) -> tuple[dict[str, Any], bytes, NDArray[np.uint8] | None]:
    """Return the head, the picture's file and the mask ``(H, W)`` of a message.

    Raises:
        ValueError: The bytes are no such message.
    """
    try:
        (length,) = _LENGTH.unpack_from(message)
        begin = _LENGTH.size + length
        head = parse_json(message[_LENGTH.size : begin])
        middle = begin + head["picture"]
        if len(message) != middle + head["mask"]:
            raise ValueError(f"{len(message)} bytes; the head says {middle + head['mask']}")
        picture = message[begin:middle]
        if not head["mask"]:
            return head, picture, None
        pixels = head["height"] * head["width"]
        # No more than the head says, whatever it unpacks to.
        packed = zlib.decompressobj()
        ids = np.frombuffer(packed.decompress(message[middle:], max(pixels, 1)), np.uint8)
        if not packed.eof:
            raise ValueError(f"the mask does not end after {pixels} pixels")
        return head, picture, ids.reshape(head["height"], head["width"])
    except (struct.error, KeyError, TypeError, OverflowError, zlib.error) as error:
        raise ValueError(f"no picture message: {error}") from error


def count_ids(ids: NDArray[np.uint8]) -> dict[int, int]:
    """Return the pixels of each id that a mask has, ascending.

    Args:
        ids: uint8 ``(H, W)``.
    """
    # A tenth of the time of numpy's bincount, which makes the ids eight times as large first.
    counts = cv2.calcHist([ids], [0], None, [256], [0, 256]).ravel()
    return {int(found): int(counts[found]) for found in np.flatnonzero(counts)}
