# SPDX-License-Identifier: Apache-2.0
"""One camera of the perception node: its topics, its rules and its numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Float32MultiArray, MultiArrayDimension, MultiArrayLayout

from unet_perception.errors import FrameError
from unet_perception.labels import LabelSet
from unet_perception.nodes.perception.drawing import DrawnOutputs
from unet_perception.nodes.perception.health import judge
from unet_perception.nodes.perception.rate_limit import RateLimit
from unet_perception.nodes.perception.statistics import FrameStatistics, Served
from unet_perception.nodes.perception.unchanged import LastInput
from unet_perception.options.diagnostics import SILENCE_S, WARN, Status
from unet_perception.options.perception import LiveConfig
from unet_perception.ros.camera_info import for_picture, sibling_topic
from unet_perception.ros.frames import PICTURE_TYPES
from unet_perception.ros.transport.arrivals import Arrival, Picture, RefusedError, open_message
from unet_perception.ros.transport.following import FollowingSubscription, RawMessage
from unet_perception.ros.transport.handover import Handover
from unet_perception.ros.transport.outputs import ImageOutput, Output, reliable

INFO_TYPES = {"sensor_msgs/msg/CameraInfo": CameraInfo}

OUTPUT_DEPTH = 3
REFUSAL_LOG_S = 5.0
MAX_STAMP_AGE_S = 10.0
"""A mask that is older by its stamp than this was stamped by another clock."""

LATENCY_PARTS = ("waited_ms", "engine_ms", "latency_ms")


@dataclass(frozen=True)
class Names:
    """How a camera is called.

    Attributes:
        camera: Its name, empty for the only one.
        input: Topic of its pictures, before remapping.
    """

    camera: str
    input: str

    @property
    def prefix(self) -> str:
        """What its outputs lie below."""
        return f"~/{self.camera}" if self.camera else "~"

    @property
    def status(self) -> str:
        """Name of its state in ``/diagnostics``."""
        return f"perception {self.camera}" if self.camera else "perception"


class Channel:
    """Frames come in on the executor's thread or a camera's; one worker serves them."""

    def __init__(
        self,
        node: Any,
        names: Names,
        label_set: LabelSet,
        size: tuple[int, int],
        live: Callable[[], LiveConfig],
        put: Callable[[Arrival], bool],
        handover: Handover | None,
    ) -> None:
        """Offer the topics; frames are taken once it is opened.

        Args:
            node: The ``rclpy`` node.
            names: How the camera is called.
            label_set: Classes of the model.
            size: Rows and columns of the network's input.
            live: Returns the settings.
            put: Takes a frame; returns whether an older one was replaced.
            handover: Frames of this process's own cameras.
        """
        self._node, self.names, self._live, self._put = node, names, live, put
        self._handover = handover
        self._limit = RateLimit()
        self._last_input = LastInput(size)
        self._camera_info: Any = None
        self.statistics = FrameStatistics(time.monotonic())
        self._mask = ImageOutput(node, f"{names.prefix}/mask", "mono8", OUTPUT_DEPTH)
        self.drawn = DrawnOutputs(node, names.prefix, label_set, live)
        self._info_out = Output(
            node, CameraInfo, f"{names.prefix}/camera_info", reliable(OUTPUT_DEPTH)
        )
        self._latency_out = Output(
            node, Float32MultiArray, f"{names.prefix}/latency", reliable(OUTPUT_DEPTH)
        )
        self.topic = str(node.resolve_topic_name(names.input))
        self._images: FollowingSubscription | None = None
        self._infos: FollowingSubscription | None = None

    def open(self) -> None:
        """Take frames from now on."""
        if self._infos is not None:
            return
        self._last_input.forget()
        self._infos = FollowingSubscription(
            self._node, self._info_topic(), INFO_TYPES, self._on_camera_info
        )
        if self._handover is not None and self._handover.has(self.topic):
            self._handover.take(self.topic, self._on_handed)
        else:
            self._images = FollowingSubscription(
                self._node, self.names.input, PICTURE_TYPES, self._on_image
            )

    def close(self) -> None:
        """Take no more frames."""
        if self._handover is not None and self._handover.has(self.topic):
            self._handover.take(self.topic, None)
        for subscription in (self._images, self._infos):
            if subscription is not None:
                subscription.close()
        self._images = self._infos = None

    def destroy(self) -> None:
        """Take the topics away."""
        self.close()
        self._mask.destroy()
        self.drawn.destroy()
        self._info_out.destroy()
        self._latency_out.destroy()

    def read(self, arrival: Arrival) -> Picture | None:
        """Return a frame; None if it cannot be read, which is counted and told."""
        try:
            return arrival.open()
        except RefusedError as error:
            self.refuse(error)
            return None

    def refuse(self, error: RefusedError) -> None:
        """Count a frame that gets no mask, and tell why."""
        # Its input may have been remembered as the one of the last mask.
        self._last_input.forget()
        self.statistics.refused(time.monotonic(), str(error))
        stamp = "an unreadable header" if error.header is None else _stamp_words(error.header)
        self._warn(f"refused the frame with {stamp} of {self.topic}: {error}")

    def is_unchanged(self, picture: Picture) -> bool:
        """Return whether the last mask is this frame's as well, and the user wants it again."""
        if not self._live().skip_static:
            self._last_input.forget()
            return False
        return self._last_input.is_same(picture.frame)

    def mask_pixels(self, picture: Picture) -> Any:
        """Return where the frame's mask is to be written, uint8 ``(H, W)``; it has the last one."""
        return self._mask.pixels(picture.frame.height, picture.frame.width)

    def publish(
        self, picture: Picture, arrived: float, waited: float, engine: float, unchanged: bool
    ) -> None:
        """Publish the mask that was written, and what goes with it.

        Args:
            picture: The frame.
            arrived: Steady-clock second at which it came.
            waited: Seconds until its turn came.
            engine: Seconds of scaling and the network.
            unchanged: The mask is the last frame's.
        """
        outputs = self._live().outputs
        header, frame = picture.header, picture.frame
        if "mask" in outputs:
            self._mask.send(header)
        done = time.monotonic()
        served = Served(done, done - arrived, waited, engine, self._since_stamp(header))
        self.statistics.published(served, unchanged)
        if "camera_info" in outputs and self._camera_info is not None:
            self._info_out.publish(
                for_picture(self._camera_info, header, frame.width, frame.height)
            )
        if self._latency_out.wanted:
            self._latency_out.publish(_latency_message(served))

    def status(self, paused_s: float) -> Status:
        """Return the camera's state.

        Args:
            paused_s: Seconds for which simulated time has stood still.
        """
        state = self.statistics.snapshot(time.monotonic())
        level, message = judge(state, self._live().limits, paused_s)
        problem = self.problem
        # A publisher that cannot be heard is why there are no frames.
        if problem and state.silent_s >= SILENCE_S:
            level, message = max(level, WARN), problem
        return Status(level, message, {**state.values(), **self._facts(problem)})

    @property
    def problem(self) -> str:
        """Why frames do not come, or not to everybody; empty if nothing is known."""
        parts = (self._images, self._mask, self.drawn, self._info_out, self._latency_out)
        return "; ".join(part.problem for part in parts if part is not None and part.problem)

    def _facts(self, problem: str) -> dict[str, str]:
        images = self._images
        return {
            "drawn": str(self.drawn.drawn),
            "input_topic": self.topic,
            "input_qos": str(images.choice) if images is not None else "",
            "input_foreign_types": ", ".join(images.foreign) if images is not None else "",
            "transport_problem": problem,
        }

    def _on_image(self, message: RawMessage) -> None:
        self._arrived(partial(open_message, message))

    def _on_handed(self, picture: Picture) -> None:
        self._arrived(lambda: picture)

    def _arrived(self, read: Callable[[], Picture]) -> None:
        now = time.monotonic()
        self.statistics.received(now)
        if not self._limit.allows(now, self._live().rate_limit):
            self.statistics.limited()
        elif self._put(Arrival(read, now)):
            self.statistics.dropped(now)

    def _on_camera_info(self, message: RawMessage) -> None:
        try:
            self._camera_info = message.read()
        except FrameError as error:
            self._warn(f"refused a camera_info: {error}")

    def _warn(self, text: str) -> None:
        self._node.get_logger().warning(text, throttle_duration_sec=REFUSAL_LOG_S)

    def _since_stamp(self, header: Any) -> float | None:
        stamp = header.stamp.sec + header.stamp.nanosec * 1e-9
        age = float(self._node.get_clock().now().nanoseconds) * 1e-9 - stamp
        return age if 0.0 <= age <= MAX_STAMP_AGE_S else None

    def _info_topic(self) -> str:
        name = f"{self.names.camera}/camera_info".lstrip("/")
        given = str(self._node.resolve_topic_name(name))
        if given != self._node.resolve_topic_name(name, only_expand=True):
            return given
        return sibling_topic(self.topic)


def _latency_message(served: Served) -> Any:
    values = [served.waited * 1e3, served.engine * 1e3, served.latency * 1e3]
    dimension = MultiArrayDimension(label=" ".join(LATENCY_PARTS), size=len(values))
    return Float32MultiArray(layout=MultiArrayLayout(dim=[dimension]), data=values)


def _stamp_words(header: Any) -> str:
    return f"stamp {header.stamp.sec}.{header.stamp.nanosec:09d}"
