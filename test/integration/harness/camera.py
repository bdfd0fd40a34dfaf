# SPDX-License-Identifier: Apache-2.0
"""Pictures as messages, and as the masks that they must give."""

from __future__ import annotations

from array import array
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import Image

from unet_perception.imaging import Frame


class Camera:
    """Pictures, as messages and as the masks that they must give."""

    def __init__(self, segmenter: Any) -> None:
        self._segmenter = segmenter

    def rgb(self, seed: int, height: int = 60, width: int = 80) -> Any:
        """RGB pixels ``(H, W, 3)``; the masks of two seeds differ."""
        coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)

    def message(self, rgb: Any, encoding: str = "rgb8", padding: int = 0, stamp: int = 0) -> Any:
        """A sensor_msgs/Image; the padding of its rows is filled with noise."""
        codes = {
            "bgra8": cv2.COLOR_RGB2BGRA,
            "rgba8": cv2.COLOR_RGB2RGBA,
            "bgr8": cv2.COLOR_RGB2BGR,
            "mono8": cv2.COLOR_RGB2GRAY,
        }
        pixels = cv2.cvtColor(rgb, codes[encoding]) if encoding in codes else rgb
        height, width = rgb.shape[:2]
        rows = np.ascontiguousarray(pixels).reshape(height, -1)
        noise = np.random.default_rng(0).integers(0, 256, (height, padding), np.uint8)
        message = Image(height=height, width=width, encoding=encoding)
        message.step = rows.shape[1] + padding
        message.data = array("B", np.hstack([rows, noise]).tobytes())
        message.header.stamp.sec = stamp
        return message

    def mask(self, rgb: Any, encoding: str = "rgb8") -> Any:
        """The mask that the node's network gives for these pixels."""
        return self._segmenter.segment(Frame(rgb, encoding)).mask


def pixels(message: Any) -> Any:
    """Pixels of a message without padding."""
    channels = {"mono8": 1, "rgb8": 3, "bgra8": 4}[message.encoding]
    assert message.step == message.width * channels
    shape = (message.height, message.width, channels)
    flat = np.frombuffer(message.data, np.uint8).reshape(shape)
    return flat[..., 0] if channels == 1 else flat


def stamp(message: Any) -> int:
    """Seconds of a message's stamp, by which these tests tell frames apart."""
    return int(message.header.stamp.sec)
