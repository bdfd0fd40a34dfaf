# SPDX-License-Identifier: Apache-2.0
"""What a configured perception node has: cameras, one engine, and who draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from unet_perception.engines.progress import Report
from unet_perception.labels import LabelSet
from unet_perception.model.bundle import load_bundle
from unet_perception.model.origin import origin, short
from unet_perception.nodes.perception.channel import Channel, Names
from unet_perception.nodes.perception.drawing import Drawer
from unet_perception.nodes.perception.opening import EngineOpening
from unet_perception.nodes.perception.worker import Worker
from unet_perception.options.perception import LiveConfig, PerceptionConfig
from unet_perception.ros.labels_output import LabelsOutput
from unet_perception.ros.spin import Watch
from unet_perception.ros.transport.arrivals import Arrival
from unet_perception.ros.transport.handover import Handover
from unet_perception.ros.transport.turns import Turns
from unet_perception.segmenter import Segmenter, find_model, join_engines


class Stage:
    """Lives from ``configure`` to ``cleanup``."""

    def __init__(
        self,
        node: Any,
        watch: Watch,
        config: PerceptionConfig,
        live: Callable[[], LiveConfig],
        handover: Handover | None,
    ) -> None:
        """Load the model, offer the topics, and begin to open the engine.

        Args:
            node: The ``rclpy`` node.
            watch: Told when a thread fails at work.
            config: The settings.
            live: Returns those that may change.
            handover: Frames of this process's own cameras.

        Raises:
            BundleError: The model is missing or damaged.
        """
        bundle = load_bundle(find_model(config.model))
        log = node.get_logger().info
        log(f"model {bundle.path}, network {short(bundle.sha256)}: {origin(bundle)}")
        self.config = config

        def open_engines(report: Report) -> Segmenter:
            wanted = (config.engine, config.precision, config.threads)
            return join_engines(bundle, *wanted, max_batch=len(config.cameras), report=report)

        self.opening = EngineOpening(bundle, open_engines, log)
        turns: Turns[Arrival] = Turns(len(config.cameras))
        self.channels = [
            Channel(
                node,
                Names(name, config.input_topic(name)),
                bundle.spec.label_set,
                bundle.spec.input_size,
                live,
                partial(turns.put, index),
                handover,
            )
            for index, name in enumerate(config.cameras)
        ]
        self._labels = LabelsOutput(node, "~")
        self._labels.publish(bundle.spec.label_set)
        self._drawer = Drawer([channel.drawn for channel in self.channels])
        self._drawing = watch.thread("drawing", self._drawer.work)
        self._drawing.start()
        self.worker = Worker(watch, self.opening, turns, self.channels, self._drawer)

    @property
    def label_set(self) -> LabelSet:
        """Classes of the model."""
        return self.opening.bundle.spec.label_set

    def take_frames(self, wanted: bool) -> None:
        """Let the cameras' frames in, or not."""
        for channel in self.channels:
            if wanted:
                channel.open()
            else:
                channel.close()

    def close(self) -> None:
        """Finish the frame in work, close the engine, and take the topics away."""
        self.take_frames(False)
        self.worker.close()
        self._drawer.close()
        self._drawing.join()
        for channel in self.channels:
            channel.destroy()
        self._labels.destroy()
