# SPDX-License-Identifier: Apache-2.0
"""A node that stands in for CARLA's cameras: the built-in street, or a recorded folder."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from unet_perception.labels import load_label_set
from unet_perception.options.camera_source import (
    CAMERA_SOURCE_OPTIONS,
    CameraSourceConfig,
)
from unet_perception.playback.source import (
    Ahead,
    FolderSource,
    FrameSource,
    Schedule,
    StreetSource,
)
from unet_perception.ros.camera_info import fill_pinhole
from unet_perception.ros.declare import declare
from unet_perception.ros.spin import Watch
from unet_perception.ros.transport.outputs import ImageBuffer, ImageOutput, Output, reliable

VEHICLE = "ego_vehicle"
CAMERA = f"{VEHICLE}/rgb_front"
TRUTH = f"{VEHICLE}/semantic_segmentation_front"
"""The cameras' frame ids; their topics are below ``/carla/``, as CARLA names them."""

FRAMES_AHEAD = 2
CAMERA_DEPTH = 1
TRUTH_DEPTH = 1


@dataclass(frozen=True)
class Picture:
    """A frame that is ready to be sent."""

    buffer: ImageBuffer
    ids: NDArray[np.uint8]


class CameraSource:
    """Two threads: one makes frames ahead of time, one publishes them on time."""

    def __init__(self, node: Any, watch: Watch, source: FrameSource, rate: float) -> None:
        """Offer the topics and begin to publish.

        Args:
            node: The ``rclpy`` node.
            watch: Told when a frame cannot be made.
            source: What to publish.
            rate: Frames per second.
        """
        self._node = node
        self._source = source
        self._rate = rate
        self._camera = Output(node, Image, f"/carla/{CAMERA}/image", reliable(CAMERA_DEPTH))
        self._info = Output(
            node, CameraInfo, f"/carla/{CAMERA}/camera_info", reliable(CAMERA_DEPTH)
        )
        self._truth = ImageOutput(node, f"/carla/{TRUTH}/image", "mono8", TRUTH_DEPTH)
        # One picture is being made, some wait, one is being sent.
        self._buffers = [ImageBuffer("bgra8") for _ in range(FRAMES_AHEAD + 2)]
        self._closing = threading.Event()
        self._ahead = Ahead(self._make, FRAMES_AHEAD)
        self._publisher = watch.thread("publisher", self._publish_all)
        self._publisher.start()

    def close(self) -> None:
        """Stop after the frame that is being sent."""
        self._closing.set()
        self._ahead.close()
        self._publisher.join()

    def _make(self, index: int) -> Picture | None:
        frame = self._source.frame(index)
        if frame is None:
            return None
        buffer = self._buffers[index % len(self._buffers)]
        cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGRA, dst=buffer.pixels(*frame.ids.shape))
        return Picture(buffer, frame.ids)

    def _publish_all(self) -> None:
        schedule = Schedule(self._rate, time.monotonic())
        while (picture := self._ahead.take()) is not None:
            if self._closing.wait(max(0.0, schedule.next(time.monotonic()) - time.monotonic())):
                return
            self._publish(picture)
        if not self._closing.is_set():
            self._node.get_logger().info("the last frame has been published")

    def _publish(self, picture: Picture) -> None:
        stamp = self._node.get_clock().now().to_msg()
        header = Header(stamp=stamp, frame_id=CAMERA)
        message = picture.buffer.message
        message.header = header
        self._camera.publish(message)
        self._info.publish(self._camera_info(header, message.width, message.height))
        if self._truth.wanted:
            self._truth.pixels(*picture.ids.shape)[:] = picture.ids
            self._truth.send(Header(stamp=stamp, frame_id=TRUTH))

    def _camera_info(self, header: Header, width: int, height: int) -> CameraInfo:
        lens = self._source.lens
        info = CameraInfo(header=header)
        fill_pinhole(info, width, height, lens.fov, lens.row * height)
        return info


def start(node: Any, watch: Watch) -> CameraSource:
    """Open the street or the folder and start the node.

    Raises:
        UnetPerceptionError: A parameter or the folder is wrong.
    """
    config = CameraSourceConfig(**declare(node, CAMERA_SOURCE_OPTIONS))
    label_set = load_label_set(config.label_set)
    source: FrameSource
    if config.data:
        root = Path(config.data).expanduser()
        source = FolderSource(root, config.split, config.loop, label_set)
    else:
        source = StreetSource(config.seed, config.rate, config.conditions, label_set)
    what = config.data or f"the built-in street {config.seed}"
    node.get_logger().info(f"/carla/{CAMERA}/image shows {what} at {config.rate:g} Hz")
    return CameraSource(node, watch, source, config.rate)
