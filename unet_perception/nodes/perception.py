# SPDX-License-Identifier: Apache-2.0
"""The perception node: camera frames in, class masks out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from unet_perception.engines import Engine, open_engine
from unet_perception.engines.progress import Report
from unet_perception.errors import FrameError
from unet_perception.imaging import Frame, Painter, blend
from unet_perception.model.bundle import load_bundle
from unet_perception.nodes.camera_info import for_picture, sibling_topic
from unet_perception.nodes.declare import declare
from unet_perception.nodes.diagnostics import WARN, FrameStatistics, Status
from unet_perception.nodes.engine_opening import EngineOpening
from unet_perception.nodes.following import FollowingSubscription, RawMessage
from unet_perception.nodes.frames import frame_of
from unet_perception.nodes.labels_output import LabelsOutput
from unet_perception.nodes.newest import NewestSlot
from unet_perception.nodes.outputs import ImageOutput, reliable
from unet_perception.nodes.perception_parameters import PERCEPTION_OPTIONS, PerceptionConfig
from unet_perception.nodes.process import ask_to_stop
from unet_perception.nodes.spin import Watch
from unet_perception.nodes.status_output import StatusOutput
from unet_perception.segmenter import Segmentation, Segmenter, find_model

IMAGE_TYPES = {
    "sensor_msgs/msg/Image": Image,
    "sensor_msgs/msg/CompressedImage": CompressedImage,
}
INFO_TYPES = {"sensor_msgs/msg/CameraInfo": CameraInfo}

INPUT = "image"
"""Topic of the pictures, unless the settings name one."""

OUTPUT_DEPTH = 3
REFUSAL_LOG_S = 5.0


@dataclass(frozen=True)
class Arrival:
    """A message and the steady-clock second at which it came."""

    message: RawMessage
    time: float


class PerceptionNode:
    """The executor's thread takes frames in; one thread of its own works on the newest."""

    def __init__(
        self, node: Any, watch: Watch, opening: EngineOpening, config: PerceptionConfig
    ) -> None:
        """Offer the topics and begin to work.

        Args:
            node: The ``rclpy`` node.
            watch: Told when the worker fails.
            opening: Opened by the worker, since a build takes minutes; its engine is closed
                with this object.
            config: The settings.
        """
        self._node = node
        self._opening = opening
        self._config = config
        self._statistics = FrameStatistics(time.monotonic())
        self._slot: NewestSlot[Arrival] = NewestSlot()
        self._camera_info: Any = None
        self._drawn = 0
        self._mask = ImageOutput(node, "~/mask", "mono8", OUTPUT_DEPTH)
        self._overlay = ImageOutput(node, "~/overlay", "rgb8", OUTPUT_DEPTH)
        self._color_mask = ImageOutput(node, "~/color_mask", "rgb8", OUTPUT_DEPTH)
        self._info_out = node.create_publisher(CameraInfo, "~/camera_info", reliable(OUTPUT_DEPTH))
        self._label_set = opening.bundle.spec.label_set
        self._painter = Painter(self._label_set.palette)
        LabelsOutput(node, "~").publish(self._label_set)
        self._input = config.input_image_topic or INPUT
        self._images = FollowingSubscription(node, self._input, IMAGE_TYPES, self._on_image)
        info_topic = _info_topic(node, self._input)
        FollowingSubscription(node, info_topic, INFO_TYPES, self._on_camera_info)
        StatusOutput(node, "perception", self._report)
        self._worker = watch.thread("segmenter", self._work)
        self._worker.start()

    def close(self) -> None:
        """Finish the frame in work and stop."""
        self._slot.close()
        self._worker.join()

    def _on_image(self, message: RawMessage) -> None:
        now = time.monotonic()
        self._statistics.received(now)
        if self._slot.put(Arrival(message, now)):
            self._statistics.dropped()

    def _on_camera_info(self, message: RawMessage) -> None:
        try:
            self._camera_info = message.read()
        except FrameError as error:
            self._node.get_logger().warning(
                f"refused a camera_info: {error}", throttle_duration_sec=REFUSAL_LOG_S
            )

    def _work(self) -> None:
        segmenter = self._opening.open()
        try:
            self._say_what_runs(segmenter)
            if self._config.engine_build_only:
                ask_to_stop()
            else:
                self._segment(segmenter)
        finally:
            # By the thread that opened it: a GPU's engine belongs to one.
            segmenter.close()

    def _say_what_runs(self, segmenter: Segmenter) -> None:
        info = segmenter.engine.info
        self._node.get_logger().info(
            f"{self._input_topic} -> {self._node.resolve_topic_name('~/mask')} with "
            f"{segmenter.bundle.path.name} ({self._label_set.name}) on {info.name} "
            f"{info.version} {info.precision}, {info.device}: {info.reason}; {info.detail}"
        )

    def _segment(self, segmenter: Segmenter) -> None:
        while (arrival := self._slot.take()) is not None:
            header: Any = None
            try:
                message = arrival.message.read()
                header = message.header
                frame = frame_of(message)
            except FrameError as error:
                self._refuse(header, error)
            else:
                self._serve(segmenter, frame, header, arrival.time)

    def _refuse(self, header: Any, error: FrameError) -> None:
        self._statistics.refused(time.monotonic(), str(error))
        stamp = "an unreadable header" if header is None else f"stamp {_seconds(header.stamp)}"
        self._node.get_logger().warning(
            f"refused the frame with {stamp} of {self._input_topic}: {error}",
            throttle_duration_sec=REFUSAL_LOG_S,
        )

    def _serve(self, segmenter: Segmenter, frame: Frame, header: Any, arrived: float) -> None:
        size = (frame.height, frame.width)
        result = segmenter.segment(frame, self._mask.pixels(*size))
        self._mask.publish(header)
        self._statistics.published(time.monotonic(), arrived)
        info = self._camera_info
        if info is not None:
            self._info_out.publish(for_picture(info, header, frame.width, frame.height))
        self._draw(frame, result, header)

    def _draw(self, frame: Frame, result: Segmentation, header: Any) -> None:
        # After the mask has left, and only for those who look: it costs more than the rest.
        draw_overlay, draw_colors = self._overlay.wanted, self._color_mask.wanted
        if not (draw_overlay or draw_colors):
            return
        size = (frame.height, frame.width)
        # Once for both, into the colour mask's own message.
        colors = self._painter.colorize(result.ids, size, self._color_mask.pixels(*size))
        if draw_overlay:
            blend(frame, colors, self._config.overlay_alpha, self._overlay.pixels(*size))
            self._overlay.publish(header)
            self._drawn += 1
        if draw_colors:
            self._color_mask.publish(header)
            self._drawn += 1

    @property
    def _input_topic(self) -> str:
        return str(self._node.resolve_topic_name(self._input))

    def _report(self) -> Status:
        state = self._statistics.snapshot(time.monotonic())
        values = {**state.values(), **self._facts()}
        if self._opening.info is None:
            return Status(WARN, self._opening.state(), values)
        return Status(state.level, state.message, values)

    def _facts(self) -> dict[str, str]:
        return {
            "drawn": str(self._drawn),
            **self._opening.facts(),
            "label_set": self._label_set.name,
            "input_topic": self._input_topic,
            "input_qos": str(self._images.choice),
            "input_foreign_types": ", ".join(self._images.foreign),
        }


def start(node: Any, watch: Watch) -> PerceptionNode:
    """Read the model and start the node, which opens the engine.

    Raises:
        UnetPerceptionError: A parameter or the model is wrong.
    """
    config = PerceptionConfig.from_values(declare(node, PERCEPTION_OPTIONS))
    bundle = load_bundle(find_model(config.model))

    def opener(report: Report) -> Engine:
        return open_engine(bundle, config.engine, config.precision, config.threads, report=report)

    opening = EngineOpening(bundle, opener, node.get_logger().info)
    return PerceptionNode(node, watch, opening, config)


def _seconds(stamp: Any) -> str:
    return f"{stamp.sec}.{stamp.nanosec:09d}"


def _info_topic(node: Any, image_topic: str) -> str:
    given = str(node.resolve_topic_name("camera_info"))
    if given != node.resolve_topic_name("camera_info", only_expand=True):
        return given
    return sibling_topic(str(node.resolve_topic_name(image_topic)))
