# SPDX-License-Identifier: Apache-2.0
"""Pictures: ROS messages, compressed ones, files of datasets, and what the page's browsers get."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from fuzz.scratch import put
from fuzz.target import Target
from unet_perception.dataset.pictures import read_image, read_mask
from unet_perception.dataset.verify_pair import PairCheck
from unet_perception.imaging import decode_compressed, frame_from_image
from unet_perception.imaging.frame import ENCODINGS
from unet_perception.imaging.image_message import UNUSUAL
from unet_perception.labels import load_label_set
from unet_perception.view.message import decode, encode
from unet_perception.view.pairing import Pair
from unet_perception.view.pictures import Picture

_NAMES = (*ENCODINGS, *UNUSUAL, "32FC1", "")
_MESSAGE = struct.Struct("<iiIBB")
_SMALL = np.arange(12 * 16 * 3, dtype=np.uint8).reshape(12, 16, 3)


def _image(data: bytes) -> None:
    if len(data) < _MESSAGE.size:
        return
    width, height, step, name, big = _MESSAGE.unpack_from(data)
    frame = frame_from_image(
        SimpleNamespace(
            width=width,
            height=height,
            step=step,
            encoding=_NAMES[name % len(_NAMES)],
            is_bigendian=big & 1,
            data=data[_MESSAGE.size :],
        )
    )
    # The first and the last pixel must be the message's own memory.
    assert frame.pixels[0, 0].sum() + frame.pixels[-1, -1].sum() >= 0


def _image_seeds() -> list[bytes]:
    return [
        _MESSAGE.pack(4, 3, 4 * channels + padding, index, 0) + bytes(3 * (4 * channels + padding))
        for index, channels in enumerate(ENCODINGS.values())
        for padding in (0, 2)
    ]


def _files() -> list[bytes]:
    """Return small pictures in the forms that cameras and tools write."""
    found = []
    for suffix, pixels, options in (
        (".png", _SMALL, []),
        (".png", _SMALL[..., 0], []),
        (".png", _SMALL.astype(np.uint16), []),
        (".png", np.dstack([_SMALL, _SMALL[..., 0]]), []),
        (".png", _SMALL[..., 0], [cv2.IMWRITE_PNG_BILEVEL, 1]),
        (".jpg", _SMALL, []),
        (".jpg", _SMALL[..., 0], []),
        (".jpg", _SMALL, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 1]),
    ):
        done, data = cv2.imencode(suffix, pixels, options)
        assert done
        found.append(data.tobytes())
    return found


def _other_files() -> list[bytes]:
    found = _files()
    for suffix in (".bmp", ".tiff", ".webp"):
        done, data = cv2.imencode(suffix, _SMALL)
        assert done
        found.append(data.tobytes())
    return found


def _compressed(data: bytes) -> None:
    decode_compressed(data, "jpeg")


def _read_image(data: bytes) -> None:
    read_image(put("picture.png", data))


def _read_mask(data: bytes) -> None:
    read_mask(put("mask.png", data))


_CHECK = PairCheck(load_label_set("carla-0.9.14"))


def _verify(data: bytes) -> None:
    middle = len(data) // 2
    files: dict[str, Path] = {
        "CameraRGB": put("000000.png", data[:middle]),
        "CameraMask": put("000001.png", data[middle:]),
    }
    _CHECK.check("000000", files, None)


def _pairs() -> list[bytes]:
    files = _files()
    return [picture + mask for picture, mask in zip(files, files, strict=True)]


def _messages() -> Sequence[bytes]:
    picture = Picture(_files()[-1])
    ids = np.zeros((12, 16), np.uint8)
    return [
        encode(Pair("camera", 7, picture, given, 3), 80, [1.5]).message for given in (ids, None)
    ]


TARGETS = (
    Target("images.image", _image, _image_seeds, inputs=3_000_000, max_bytes=256),
    Target("images.compressed", _compressed, _files, inputs=60_000, max_bytes=2_048),
    Target("images.picture_file", _read_image, _other_files, inputs=40_000, max_bytes=2_048),
    Target("images.mask_file", _read_mask, _other_files, inputs=40_000, max_bytes=2_048),
    Target("images.verify", _verify, _pairs, inputs=30_000, max_bytes=4_096),
    Target(
        "images.page_message", decode, _messages, (ValueError,), inputs=1_200_000, max_bytes=1_024
    ),
)
