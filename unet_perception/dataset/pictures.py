# SPDX-License-Identifier: Apache-2.0
"""Reading and writing the pictures of a pair."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.pairs import IMAGE_FOLDER, MASK_FOLDER
from unet_perception.dataset.png import encode_ids, encode_picture
from unet_perception.dataset.whole import damage
from unet_perception.errors import DatasetError
from unet_perception.imaging.coded_size import JPEG, PNG, check_coded_size

IMAGE_FLAGS = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


class MaskColorError(DatasetError):
    """A mask's pixels are colours where ids should be.

    Attributes:
        path: The mask.
        colors: Colours in it that can be no ids, RGB uint8 ``(N, 3)``.
    """

    def __init__(self, path: Path, colors: NDArray[np.uint8], hint: str = "") -> None:
        """Name the file, a colour and what is allowed."""
        self.path, self.colors = path, colors
        first = tuple(int(value) for value in colors[0])
        super().__init__(
            f"{path}: is coloured, not ids: it has pixels of {first}; a mask has its id in one "
            f"channel or the same in all{hint}"
        )


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a picture as RGB uint8 ``(H, W, 3)``, in the order that its pixels are stored.

    A rotation in its EXIF data is not applied: its mask has none.

    Raises:
        DatasetError: The file cannot be read or decoded.
    """
    return np.ascontiguousarray(_decode(path, IMAGE_FLAGS)[..., ::-1])


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Read a mask as class ids, uint8 ``(H, W)``.

    CARLA writes the id into the red channel and 0 into the others, so the id is the
    maximum over channels; a single-channel mask is taken as it is.

    Raises:
        MaskColorError: Its channels hold colours, or an instance's number beside the id.
        DatasetError: The file cannot be read or decoded, or is not 8 bits deep.
    """
    pixels = _decode(path, cv2.IMREAD_UNCHANGED)
    if pixels.dtype != np.uint8:
        raise DatasetError(f"{path}: has {pixels.dtype} pixels; a mask has uint8 ids")
    if pixels.ndim == 2:
        return pixels
    # An alpha channel, where there is one, is no id.
    blue, green, red = cv2.split(pixels)[:3]
    # numpy's own maximum over the short last axis takes twenty times as long.
    ids = cv2.max(cv2.max(blue, green), red)
    # An id is in one channel or the same in all; the sum saturates, which makes 255 of it.
    grey = cv2.compare(cv2.min(cv2.min(blue, green), red), ids, cv2.CMP_EQ)
    single = cv2.compare(cv2.add(cv2.add(blue, green), red), ids, cv2.CMP_EQ)
    colored = cv2.bitwise_not(cv2.bitwise_or(grey, single))
    if cv2.countNonZero(colored):
        raise MaskColorError(path, np.unique(pixels[..., 2::-1][colored > 0], axis=0))
    return np.asarray(ids, np.uint8)


def write_pair(root: Path, name: str, rgb: NDArray[np.uint8], ids: NDArray[np.uint8]) -> None:
    """Write a pair as PNG files; the id goes into the mask's red channel.

    Args:
        root: Dataset folder; its two folders are made where they are missing.
        name: Name of the pair, without suffix.
        rgb: uint8 ``(H, W, 3)``.
        ids: uint8 ``(H, W)``.

    Raises:
        DatasetError: The sizes differ, or a file cannot be written.
    """
    if rgb.shape[:2] != ids.shape:
        raise DatasetError(f"{name}: picture {rgb.shape[:2]} and mask {ids.shape} differ in size")
    for folder, encode, pixels in (
        (IMAGE_FOLDER, encode_picture, rgb[..., ::-1]),
        (MASK_FOLDER, encode_ids, ids),
    ):
        path = Path(root) / folder / f"{name}.png"
        try:
            data = encode(pixels)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except ValueError as error:
            raise DatasetError(f"{path}: cannot be encoded: {error}") from error
        except OSError as error:
            raise DatasetError(f"{path}: cannot be written: {error}") from error


def _decode(path: Path, flags: int) -> NDArray[np.uint8]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    # Older releases of OpenCV make grey rows of what is missing in a JPEG file.
    if data.startswith((PNG, JPEG)) and (wrong := damage(data)):
        raise DatasetError(f"{path}: {wrong}")
    try:
        if not data.startswith((PNG, JPEG)):
            check_coded_size(data, files=True)
        return decode(data, flags)
    except ValueError as error:
        raise DatasetError(f"{path}: {error}") from error


def decode(data: bytes, flags: int) -> NDArray[np.uint8]:
    """Return the pixels of a file whose size was checked, as OpenCV has them.

    Raises:
        ValueError: It cannot be decoded; the message goes on from the file's name.
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ValueError(f"cannot be decoded: {error.err}") from error
    if pixels is None:
        raise ValueError("is no whole picture")
    return np.asarray(pixels)
