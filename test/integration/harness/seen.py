# SPDX-License-Identifier: Apache-2.0
"""A camera and a perception node that show what the test tells them to."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from harness.peer import NodeProcess, Peer
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Float32MultiArray, String

from unet_perception.labels import load_label_set
from unet_perception.ros.transport.outputs import ImageBuffer, reliable

LABELS = load_label_set("carla-0.8")
SIZE = (60, 80)
STATE_S = 0.25


class Seen:
    """Publishes pictures and masks, and the state of a node, from the test's own process."""

    def __init__(self, peer: Peer, *cameras: str, kind: type = Image) -> None:
        self._peer, self.cameras, self._kind = peer, cameras or ("",), kind
        self.stamp = 0
        self.masks: dict[int, Any] = {}
        self.message = "segmenting"
        node = peer.node
        self._labels = node.create_publisher(String, "/perception/labels", reliable(1, True))
        self._labels.publish(String(data=json.dumps(LABELS.as_dict())))
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._pictures = {
            name: node.create_publisher(kind, self.topic(name), reliable(1))
            for name in self.cameras
        }
        self._masks = {
            name: node.create_publisher(Image, self._output(name, "mask"), reliable(3))
            for name in self.cameras
        }
        self._latencies = {
            name: node.create_publisher(
                Float32MultiArray, self._output(name, "latency"), reliable(3)
            )
            for name in self.cameras
        }
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._tell_all)
        self._thread.start()

    @staticmethod
    def topic(camera: str) -> str:
        return "/".join(filter(None, ("/cam", camera, "image")))

    @staticmethod
    def _output(camera: str, name: str) -> str:
        return "/".join(filter(None, ("/perception", camera, name)))

    def close(self) -> None:
        """Be silent from now on."""
        self._closing.set()
        self._thread.join()

    def leave(self) -> None:
        """Take all topics away, as a node that ends."""
        self.close()
        node = self._peer.node
        for publisher in (
            *(self._labels, self._diagnostics),
            *self._pictures.values(),
            *self._masks.values(),
            *self._latencies.values(),
        ):
            node.destroy_publisher(publisher)

    def watched(self, camera: str = "") -> int:
        """Who has subscribed to a camera's masks."""
        return int(self._masks[camera].get_subscription_count())

    def show(self, camera: str = "", masked: bool = True, ids: Any = None) -> int:
        """Publish a picture and its mask, each unlike the ones before; return the stamp."""
        self.stamp += 1
        rng = np.random.default_rng(self.stamp)
        rgb = cv2.resize(rng.integers(0, 256, (3, 4, 3), np.uint8), SIZE[::-1])
        if ids is None:
            small = rng.integers(0, 13, (6, 8), np.uint8)
            ids = cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_NEAREST)
        self._pictures[camera].publish(self._picture(rgb))
        if masked:
            buffer = ImageBuffer("mono8")
            buffer.pixels(*ids.shape)[:] = ids
            buffer.message.header.stamp.sec = self.stamp
            self._masks[camera].publish(buffer.message)
            latency = [1.0, 5.0, 10.0 + self.stamp % 7]
            self._latencies[camera].publish(Float32MultiArray(data=latency))
        self.masks[self.stamp * 10**9] = ids
        return self.stamp * 10**9

    def _picture(self, rgb: Any) -> Any:
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        if self._kind is CompressedImage:
            message = CompressedImage(format="rgb8; jpeg compressed bgr8")
            message.data = cv2.imencode(".jpg", bgr)[1].tobytes()
            message.header.stamp.sec = self.stamp
            return message
        buffer = ImageBuffer("bgra8")
        buffer.pixels(*SIZE)[:] = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)
        buffer.message.header.stamp.sec = self.stamp
        return buffer.message

    def _tell_all(self) -> None:
        while not self._closing.wait(STATE_S):
            self._diagnostics.publish(DiagnosticArray(status=list(map(self._status, self.cameras))))

    def _status(self, camera: str) -> Any:
        values = {
            "state": "active",
            "input_topic": self.topic(camera),
            "rate_hz": "20.00",
            "latency_p50_ms": "12.30",
            "latency_p99_ms": "45.60",
            "dropped": "7",
            "dropped_percent": "0.5",
            "engine": "openvino",
            "precision": "int8",
            "model": "/somewhere/carla_unet",
            "label_set": LABELS.name,
        }
        return DiagnosticStatus(
            level=b"\x00",
            name=f"perception: perception {camera}".strip(),
            message=self.message,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )


class Shown(Seen):
    """The same, going on by itself ten times a second."""

    PERIOD_S = 0.1

    def __init__(self, peer: Peer, *cameras: str, kind: type = Image) -> None:
        super().__init__(peer, *cameras, kind=kind)
        self._stop = threading.Event()
        self.running = threading.Event()
        self.running.set()
        self._camera = threading.Thread(target=self._show_all)
        self._camera.start()

    def close(self) -> None:
        self._stop.set()
        self._camera.join()
        super().close()

    def _show_all(self) -> None:
        while not self._stop.wait(self.PERIOD_S):
            if self.running.is_set():
                for camera in self.cameras:
                    self.show(camera)


def start_view(peer: Peer, **parameters: object) -> tuple[NodeProcess, str]:
    """Start the page's node; return its process and where the page is."""
    given = {"port": 0, **parameters}
    flags = [x for key, value in given.items() for x in ("-p", f"{key}:={value}")]
    process = peer.start("live_view", "--ros-args", *flags)
    process.wait_for_output(" shows /")
    found = re.search(r"http://\S+/ ", process.output)
    assert found, process.output
    return process, found[0].strip()
