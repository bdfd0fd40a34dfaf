# SPDX-License-Identifier: Apache-2.0
"""Pairs from two topics: a picture and the class ids of the same stamp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.pairing import Pairing
from unet_perception.errors import FrameError
from unet_perception.imaging import Frame, frame_of
from unet_perception.ros.frames import PICTURE_TYPES, RAW_TYPES, stamp_of
from unet_perception.ros.transport.following import FollowingSubscription, RawMessage

PICTURE, IDS = "picture", "ids"
DEPTH = 32
REFUSAL_LOG_S = 5.0

RED = {"bgra8": 2, "bgr8": 2, "rgba8": 0, "rgb8": 0}
"""Where CARLA's own topics carry the class id: the red channel, by encoding."""


@dataclass(frozen=True)
class TopicPair:
    """A picture and its mask.

    Attributes:
        stamp: Stamp of both in nanoseconds.
        bgr: uint8 ``(H, W, 3)``.
        ids: uint8 ``(H, W)``.
    """

    stamp: int
    bgr: NDArray[np.uint8]
    ids: NDArray[np.uint8]


class TopicPairs:
    """Puts messages of two topics together by their stamps; lives on the executor's thread."""

    def __init__(
        self, node: Any, picture_topic: str, ids_topic: str, on_pair: Callable[[TopicPair], None]
    ) -> None:
        """Subscribe.

        Args:
            node: The ``rclpy`` node.
            picture_topic: Colour pictures, raw or compressed.
            ids_topic: Class ids: mono8, or in the red channel as CARLA publishes them.
            on_pair: Takes each pair; while it waits, so do the topics.
        """
        self._node = node
        self._on_pair = on_pair
        self._pairing: Pairing[Frame] = Pairing((PICTURE, IDS), DEPTH)
        self.refused = 0
        for member, topic, types in (
            (PICTURE, picture_topic, PICTURE_TYPES),
            (IDS, ids_topic, RAW_TYPES),
        ):
            FollowingSubscription(node, topic, types, self._receiver(member), DEPTH)

    @property
    def alone(self) -> int:
        """Messages that were given up since their partner did not come in time."""
        return self._pairing.incomplete + self._pairing.late

    def _receiver(self, member: str) -> Callable[[RawMessage], None]:
        def receive(raw: RawMessage) -> None:
            try:
                message = raw.read()
                stamp = stamp_of(message)
                pair = self._pairing.put(member, stamp, frame_of(message))
                if pair is not None:
                    self._on_pair(TopicPair(stamp, *_arrays(pair[PICTURE], pair[IDS])))
            except FrameError as error:
                self.refused += 1
                self._node.get_logger().warning(
                    f"refused: {error}", throttle_duration_sec=REFUSAL_LOG_S
                )

        return receive


def _arrays(picture: Frame, ids: Frame) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    if (picture.height, picture.width) != (ids.height, ids.width):
        raise FrameError(
            f"the picture is {picture.width}x{picture.height}, its ids are "
            f"{ids.width}x{ids.height}: they must be of the same camera"
        )
    if picture.encoding not in RED:
        raise FrameError(f"encoding {picture.encoding} has no colours")
    bgr = picture.pixels[..., :3]
    if RED[picture.encoding] == 0:
        bgr = bgr[..., ::-1]
    classes = ids.pixels if ids.encoding == "mono8" else ids.pixels[..., RED[ids.encoding]]
    return np.ascontiguousarray(bgr), np.ascontiguousarray(classes)
