# SPDX-License-Identifier: Apache-2.0
"""The perception node: camera frames in, class masks out, as a managed node."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Timer
from typing import Any

from rclpy.clock import Clock, ClockType
from std_srvs.srv import SetBool

from unet_perception.errors import ConfigError
from unet_perception.labels import LabelSet
from unet_perception.nodes.perception.sim_time import SimTime
from unet_perception.nodes.perception.stage import Stage
from unet_perception.options.diagnostics import OK, WARN, Status
from unet_perception.options.option import Value
from unet_perception.options.perception import (
    PERCEPTION_OPTIONS,
    LiveConfig,
    PerceptionConfig,
)
from unet_perception.ros.declare import LiveParameters
from unet_perception.ros.managed import ManagedNode
from unet_perception.ros.process import ask_to_stop
from unet_perception.ros.spin import Watch
from unet_perception.ros.status_output import StatusOutput
from unet_perception.ros.transport.handover import Handover

ANSWER_S = 0.5
"""How long whoever asked for the shutdown may take to fetch its answer, which is lost with the node
that wrote it: one in 25 on a busy machine, had it ended at once."""


class Perception:
    """The node's life. All but the frames' own way is on the executor's thread."""

    def __init__(self, node: ManagedNode, watch: Watch, handover: Handover | None = None) -> None:
        """Declare the parameters and get ready to be configured.

        Args:
            node: The node, unconfigured.
            watch: Told when it cannot go on.
            handover: Frames of this process's own cameras.

        Raises:
            ConfigError: A parameter is wrong.
        """
        self._node, self._watch, self._handover = node, watch, handover
        self._stage: Stage | None = None
        self._enabled = True
        self._active = False
        self._sim_time = SimTime()
        self._parameters = LiveParameters(
            node, PERCEPTION_OPTIONS, self._refusal, self._check, self._changed
        )
        self._live = LiveConfig.from_values(self._parameters.values)
        node.life = self
        node.create_service(SetBool, "~/enable", self._on_enable)
        self._status = StatusOutput(node, watch, self._report)
        if self._config.autostart:
            # The first thing that the executor does; rclpy's own clock may stand still.
            self._begin = node.create_timer(
                0.0, self._autostart, clock=Clock(clock_type=ClockType.STEADY_TIME)
            )

    def close(self) -> None:
        """Finish the frame in work and stop."""
        self._status.close()
        self.cleanup()

    def configure(self) -> None:
        """Load the model, offer the topics, open the engine; see ``Life``."""
        stage = Stage(self._node, self._watch, self._config, lambda: self._live, self._handover)
        self._stage = stage
        try:
            _check_highlight(self._live, stage.label_set)
            if stage.worker.wait_until_open(self._watch.stopping.is_set):
                self._say_what_runs(stage)
        except Exception:
            self.cleanup()
            raise

    def activate(self) -> None:
        """Take frames; see ``Life``."""
        self._active = True
        self._let_in()

    def deactivate(self) -> None:
        """Take no more frames; see ``Life``."""
        self._active = False
        self._let_in()

    def cleanup(self) -> None:
        """Close the engine and take the topics away; see ``Life``."""
        self._active = False
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.close()

    def end(self) -> None:
        """End the process, once the answer to the transition is out; see ``Life``."""
        Timer(ANSWER_S, ask_to_stop).start()

    @property
    def _config(self) -> PerceptionConfig:
        return PerceptionConfig.from_values(self._parameters.values)

    def _autostart(self) -> None:
        self._begin.cancel()
        node = self._node
        node.trigger_configure()
        if node.state != "inactive":
            self._watch.fail(node.failure or ConfigError("see the log"), "cannot start")
        elif self._config.engine_build_only:
            ask_to_stop()
        else:
            node.trigger_activate()

    def _let_in(self) -> None:
        if self._stage is not None:
            self._stage.take_frames(self._active and self._enabled)

    def _on_enable(self, request: Any, response: Any) -> Any:
        self._enabled = bool(request.data)
        self._let_in()
        words = "frames are segmented" if self._enabled else "frames are left alone"
        response.success = True
        response.message = words if self._active else f"{words} once the node is active"
        return response

    def _refusal(self) -> str:
        state = self._node.state
        if state == "unconfigured":
            return ""
        first = "deactivate, then cleanup" if state == "active" else "cleanup"
        name = self._node.get_fully_qualified_name()
        return (
            f"it acts when the node is configured, and that is {state}; first ros2 lifecycle "
            f"set {name} {first}"
        )

    def _check(self, values: Mapping[str, Value]) -> None:
        PerceptionConfig.from_values(values)
        if self._stage is not None:
            _check_highlight(LiveConfig.from_values(values), self._stage.label_set)

    def _changed(self) -> None:
        self._live = LiveConfig.from_values(self._parameters.values)

    def _say_what_runs(self, stage: Stage) -> None:
        info = stage.opening.info
        if info is None:
            return
        inputs = ", ".join(channel.topic for channel in stage.channels)
        self._node.get_logger().info(
            f"{inputs} -> {self._node.resolve_topic_name('~/mask')} with "
            f"{stage.opening.bundle.path.name} ({stage.label_set.name}) on {info.name} "
            f"{info.version} {info.precision}, {info.device}: {info.reason}; {info.detail}"
        )

    def _report(self) -> dict[str, Status]:
        # On another thread: the stage may be going away meanwhile.
        stage = self._stage
        facts = {"state": self._node.state, "enabled": str(self._enabled).lower()}
        if stage is None:
            return {"perception": Status(OK, self._node.state, facts)}
        facts |= {**stage.opening.facts(), "label_set": stage.label_set.name}
        paused = self._paused()
        report = {}
        for channel in stage.channels:
            state = channel.status(paused)
            level, message = self._whole_node(stage) or (state.level, state.message)
            report[channel.names.status] = Status(level, message, {**state.values, **facts})
        return report

    def _whole_node(self, stage: Stage) -> tuple[int, str] | None:
        """Return the state that all cameras share, if it is that which matters."""
        if stage.opening.info is None:
            return WARN, stage.opening.state()
        if not self._active:
            return OK, self._node.state
        return None if self._enabled else (OK, "disabled by ~/enable")

    def _paused(self) -> float:
        if not self._node.get_parameter("use_sim_time").value:
            return 0.0
        return self._sim_time.paused(self._node.get_clock().now().nanoseconds, time.monotonic())


def _check_highlight(live: LiveConfig, label_set: LabelSet) -> None:
    names = [label.name for label in label_set.classes]
    for name in sorted(live.highlight):
        if name not in names:
            raise ConfigError(
                f"parameter highlight has {name!r}, which is no class of {label_set.name}; they "
                f"are {', '.join(names)}"
            )
