# SPDX-License-Identifier: Apache-2.0
"""A perception node as tutorials write it, to compare ours with; started by realtime.py.

    python benchmarks/realtime_tutorial.py MODEL INPUT MASK OVERLAY

The message is converted as cv_bridge does, into a bgr8 array of its own; eager PyTorch in fp32;
softmax, and argmax in numpy; colours by fancy index at the camera's size, and the overlay, in the
callback; queues of 10, reliable; the executor of rclpy.spin. The mask is published before the
overlay, once both are made.
"""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np
import rclpy
import torch
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from realtime_records import spin_until, stop_requests
from sensor_msgs.msg import Image

from unet_perception.model.bundle import bundle_weights, load_bundle
from unet_perception.model.unet import UNet
from unet_perception.segmenter import find_model

QUEUE = 10
ALPHA = 0.5


class TutorialNode(Node):  # type: ignore[misc]
    """Everything in one callback."""

    def __init__(self, model: str, topic: str, mask: str, overlay: str) -> None:
        """Load the network and offer the topics."""
        super().__init__("tutorial")
        bundle = load_bundle(find_model(model))
        self.size = bundle.spec.input_size
        self.palette = bundle.spec.label_set.palette
        self.model = UNet(bundle.spec.n_classes, bundle.spec.n_filters)
        weights = bundle_weights(bundle)
        self.model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        self.model.eval()
        self.mask_pub = self.create_publisher(Image, mask, QUEUE)
        self.overlay_pub = self.create_publisher(Image, overlay, QUEUE)
        self.create_subscription(Image, topic, self.callback, QUEUE)

    def callback(self, message: Any) -> None:
        """Segment, colour and publish."""
        rgb = cv2.cvtColor(to_bgr(message), cv2.COLOR_BGR2RGB)
        height, width = self.size
        small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        x = torch.from_numpy(small.astype(np.float32) / 255.0).permute(2, 0, 1).unsqueeze(0)
        with torch.no_grad():
            probabilities = torch.softmax(self.model(x), dim=1)
        ids = np.argmax(probabilities.numpy()[0], axis=0).astype(np.uint8)
        camera = (message.width, message.height)
        mask = cv2.resize(ids, camera, interpolation=cv2.INTER_NEAREST_EXACT)
        colors = self.palette[mask]
        overlay = cv2.addWeighted(rgb, 1.0 - ALPHA, colors, ALPHA, 0.0)
        self.mask_pub.publish(to_message(np.asarray(mask), "mono8", message.header))
        self.overlay_pub.publish(to_message(np.asarray(overlay), "rgb8", message.header))


def to_bgr(message: Any) -> NDArray[Any]:
    """Return a bgra8 message's picture as cv_bridge's ``imgmsg_to_cv2(message, "bgr8")``."""
    pixels = np.frombuffer(message.data, np.uint8)
    bgra = pixels.reshape(message.height, message.width, 4).copy()
    return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR))


def to_message(pixels: NDArray[Any], encoding: str, header: Any) -> Any:
    """Return a message as cv_bridge's ``cv2_to_imgmsg`` makes it."""
    message = Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding)
    message.header = header
    message.step = pixels.nbytes // pixels.shape[0]
    message.data = pixels.tobytes()
    return message


def main() -> None:
    """Do what ``rclpy.spin`` does, until told to stop."""
    stopping = stop_requests()
    # NO: rclpy's own handler would take the context away from a callback in work.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = TutorialNode(*sys.argv[1:5])
    spin_until(stopping, node)


if __name__ == "__main__":
    main()
