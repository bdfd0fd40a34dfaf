# SPDX-License-Identifier: Apache-2.0
"""Image messages of a bag, and those that go into one."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys import Stores, get_typestore

from unet_perception.errors import FrameError
from unet_perception.imaging import encoding_problem
from unet_perception.imaging.image_message import GRAY
from unet_perception.labels import LabelSet

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
STRING = "std_msgs/msg/String"

COMPRESSED_DEPTH = "compressedDepth"
"""In the format of ``image_transport``'s depth pictures, which are no plain PNG files."""


_NUMBERS = re.compile(r"\d+[USF]C\d")
"""Encodings of plain numbers, such as 32FC1."""


@lru_cache(maxsize=1)
def standard_types() -> Any:
    """Return the messages of ROS's own packages.

    Those of Humble: bags of later releases bring their definitions, and the messages that are
    read and written here are the same in all of them.
    """
    return get_typestore(Stores.ROS2_HUMBLE)


def in_words(error: Exception) -> str:
    """Return what an error of the library says, in one line; its kind if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def read_message(data: bytes, type_name: str) -> Any:
    """Deserialise an image message.

    Raises:
        FrameError: The bytes are not of this type.
    """
    try:
        return standard_types().deserialize_cdr(memoryview(data), type_name)
    except Exception as error:
        # Unpacking bytes that are something else ends in errors of many kinds.
        raise FrameError(f"{len(data)} bytes are no {type_name}: {in_words(error)}") from error


def unreadable(message: Any, type_name: str) -> str:
    """Return why pictures like this one cannot be read here; empty if they can."""
    if type_name == IMAGE:
        return encoding_problem(message.encoding)
    if COMPRESSED_DEPTH in message.format:
        return f"format is {message.format!r}: a depth picture"
    return ""


def colourless(message: Any, type_name: str) -> str:
    """Return why pictures like this one are not a camera's view in colours; empty if they are."""
    encoding = message.encoding if type_name == IMAGE else _packed_encoding(message.format)
    if encoding in GRAY or _NUMBERS.match(encoding):
        return f"{encoding} has no colours"
    return ""


def image_bytes(header: Any, pixels: NDArray[np.uint8], encoding: str) -> memoryview:
    """Return a serialised ``sensor_msgs/Image``.

    Args:
        header: Taken as it is.
        pixels: ``(H, W)`` or ``(H, W, C)``, C-contiguous.
        encoding: Theirs.
    """
    types = standard_types()
    height, width = pixels.shape[:2]
    message = types.types[IMAGE](
        header=header,
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=pixels.nbytes // height,
        data=pixels.reshape(-1),
    )
    serialized: memoryview = types.serialize_cdr(message, IMAGE)
    return serialized


def labels_bytes(label_set: LabelSet) -> memoryview:
    """Return what the ids in a mask mean, as the node latches it."""
    types = standard_types()
    message = types.types[STRING](data=json.dumps(label_set.as_dict()))
    serialized: memoryview = types.serialize_cdr(message, STRING)
    return serialized


def _packed_encoding(format_: str) -> str:
    # image_transport writes "bgr8; jpeg compressed bgr8"; cameras write "jpeg".
    encoding, split, _ = format_.partition(";")
    return encoding.strip() if split else ""
