# SPDX-License-Identifier: Apache-2.0
"""The bridge's topics: pictures, camera_info, labels and the clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.rig import CameraImage
from unet_perception.imaging import Frame, colorize
from unet_perception.labels import LabelSet
from unet_perception.nodes.carla_bridge.images import BGRA, PIXEL_FORMATS
from unet_perception.ros.camera_info import fill_pinhole
from unet_perception.ros.labels_output import LabelsOutput
from unet_perception.ros.transport.handover import Handover
from unet_perception.ros.transport.outputs import ImageOutput, Output, reliable

CAMERA_DEPTH = 3
CLOCK_DEPTH = 10

NANOSECONDS = 1_000_000_000


def stamp(seconds: float) -> Any:
    """Return simulated seconds as a message; equal seconds give equal stamps."""
    whole, nanoseconds = divmod(round(seconds * NANOSECONDS), NANOSECONDS)
    return Time(sec=whole, nanosec=nanoseconds)


class CameraTopics:
    """What one camera publishes."""

    def __init__(
        self, node: Any, role_name: str, spec: CameraSpec, handover: Handover | None
    ) -> None:
        """Offer ``/carla/<role>/<camera>/image`` and those beside it."""
        self._frame_id = f"{role_name}/{spec.name}"
        base = f"/carla/{self._frame_id}"
        self._format = PIXEL_FORMATS[spec.type]
        self._topic = str(node.resolve_topic_name(f"{base}/image"))
        # Class ids and depths are no camera pictures.
        self._handover = handover if self._format is BGRA else None
        if self._handover is not None:
            self._handover.offer(self._topic)
        self._image = ImageOutput(node, f"{base}/image", self._format.encoding, CAMERA_DEPTH)
        self._color: ImageOutput | None = None
        if self._format.class_ids:
            self._color = ImageOutput(node, f"{base}/image_color", "rgb8", CAMERA_DEPTH)
        self._info = CameraInfo()
        fill_pinhole(self._info, spec.width, spec.height, spec.fov, spec.height / 2.0)
        self._info_out = Output(node, CameraInfo, f"{base}/camera_info", reliable(CAMERA_DEPTH))

    def publish(self, image: CameraImage, palette: NDArray[np.uint8]) -> None:
        """Publish a picture; calls for one camera come one after the other.

        Args:
            image: The picture.
            palette: ``(256, 3)`` uint8 RGB, the colours of class ids.
        """
        header = Header(stamp=stamp(image.stamp), frame_id=self._frame_id)
        size = (image.pixels.shape[0], image.pixels.shape[1])
        pixels = self._image.pixels(*size)
        self._format.write(image.pixels, pixels)
        if self._handover is not None:
            # Before the message: whoever takes it works while that is serialised and sent.
            self._handover.put(self._topic, Frame(pixels, self._format.encoding), header)
        self._image.send(header)
        self._info.header = header
        self._info_out.publish(self._info)
        if self._color is not None and self._color.wanted:
            colorize(pixels, palette, size, self._color.pixels(*size))
            self._color.send(header)


class BridgeTopics:
    """All topics. They outlive a connection: subscribers need not care for a restart."""

    def __init__(
        self,
        node: Any,
        role_name: str,
        cameras: Iterable[CameraSpec],
        handover: Handover | None = None,
    ) -> None:
        """Offer the topics; colour cameras' frames are handed over as well, if asked for."""
        self._cameras = {
            spec.name: CameraTopics(node, role_name, spec, handover) for spec in cameras
        }
        self._clock = Output(node, Clock, "/clock", reliable(CLOCK_DEPTH))
        self._labels = LabelsOutput(node, f"/carla/{role_name}")
        self._palette = np.zeros((256, 3), np.uint8)

    def use_labels(self, label_set: LabelSet) -> None:
        """Say what class ids mean from now on."""
        self._palette = label_set.palette
        self._labels.publish(label_set)

    def tick(self, seconds: float) -> None:
        """Publish the simulation's time."""
        self._clock.publish(Clock(clock=stamp(seconds)))

    def publish(self, image: CameraImage) -> None:
        """Publish a picture, on any thread; two cameras may do so at the same time."""
        self._cameras[image.spec.name].publish(image, self._palette)
