# SPDX-License-Identifier: Apache-2.0
"""The topics of a perception node, subscribed to while somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Float32MultiArray, String

from unet_perception.errors import LabelSetError
from unet_perception.labels import read_label_set
from unet_perception.nodes.live_view.gate import PictureGate
from unet_perception.options.diagnostics import Status
from unet_perception.ros.frames import PICTURE_TYPES, RAW_TYPES
from unet_perception.ros.transport.following import FollowingSubscription, RawMessage
from unet_perception.ros.transport.outputs import reliable
from unet_perception.view.interest import STATUS
from unet_perception.view.state import ONLY_CAMERA, Board

PICTURE_DEPTH = 4
MASK_DEPTH = 8
"""More than one: a picture is taken once its mask has come, and this process has the processor
last."""

RECORDER = "record_dataset:"
"""How the name of a recorder's state in ``/diagnostics`` begins."""

OnMessage = Callable[[str, RawMessage, PictureGate], None]
"""Takes the name of a camera, a message of it, and the gate of its pictures."""


class CameraTopics:
    """Picture, mask and latency of one camera."""

    def __init__(
        self,
        node: Any,
        picture_topic: str,
        outputs: str,
        on_picture: Callable[[RawMessage, PictureGate], None],
        on_mask: Callable[[RawMessage, PictureGate], None],
        on_latency: Callable[[float], None],
    ) -> None:
        """Subscribe.

        Args:
            node: The ``rclpy`` node.
            picture_topic: Topic of the pictures.
            outputs: What the perception node's topics of this camera lie below.
            on_picture: Takes a picture.
            on_mask: Takes a mask.
            on_latency: Takes the latency of a mask, in ms.
        """
        self._node = node
        self.picture_topic = picture_topic
        gate = PictureGate()
        self._pictures = FollowingSubscription(
            node,
            picture_topic,
            PICTURE_TYPES,
            lambda message: on_picture(message, gate),
            PICTURE_DEPTH,
            gate,
        )
        self._masks = FollowingSubscription(
            node,
            f"{outputs}/mask",
            RAW_TYPES,
            lambda message: on_mask(message, gate),
            MASK_DEPTH,
        )

        def take_latency(message: Any) -> None:
            if message.data:
                on_latency(float(message.data[-1]))

        self._latencies = node.create_subscription(
            Float32MultiArray, f"{outputs}/latency", take_latency, reliable(MASK_DEPTH)
        )

    def close(self) -> None:
        """Unsubscribe."""
        self._pictures.close()
        self._masks.close()
        self._node.destroy_subscription(self._latencies)


class StatusTopics:
    """Classes and state of the node, and the state of a recorder."""

    def __init__(
        self, node: Any, perception: str, board: Board, changed: Callable[[], None]
    ) -> None:
        """Subscribe.

        Args:
            node: The ``rclpy`` node.
            perception: Full name of the perception node.
            board: Takes what comes.
            changed: Called after the cameras have told their state.
        """
        self._node, self._perception, self._board = node, perception, board
        self._changed = changed
        self._subscriptions = [
            node.create_subscription(
                String, f"{perception}/labels", self._on_labels, reliable(1, latched=True)
            ),
            node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10),
        ]

    def close(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _on_labels(self, message: Any) -> None:
        try:
            self._board.tell_label_set(read_label_set(message.data, f"{self._perception}/labels"))
        except LabelSetError as error:
            self._node.get_logger().warning(str(error))

    def _on_diagnostics(self, message: Any) -> None:
        states = {
            status.name: Status(
                status.level[0], status.message, {x.key: x.value for x in status.values}
            )
            for status in message.status
        }
        for name, status in states.items():
            if name.startswith(RECORDER):
                self._board.tell_recorder(status)
        cameras = cameras_of(self._perception, states, self._pictures_of_node)
        if cameras:
            self._board.tell_cameras(cameras)
            self._changed()

    def _pictures_of_node(self) -> list[str]:
        name, _, space = self._perception[::-1].partition("/")
        try:
            topics = self._node.get_subscriber_names_and_types_by_node(
                name[::-1], space[::-1] or "/"
            )
        except Exception:  # rclpy's own, when the node is not in the graph yet.
            return []
        return [topic for topic, kinds in topics if set(kinds) & set(PICTURE_TYPES)]


def cameras_of(
    perception: str, states: Mapping[str, Status], pictures: Callable[[], Collection[str]]
) -> dict[str, Status]:
    """Return the states of a node's cameras, by the names that they have on the page.

    Args:
        perception: Full name of the node.
        states: States of a message in ``/diagnostics``, by name.
        pictures: Returns the topics that the node takes pictures from. States carry the last
            word of their node's name alone, which in another namespace is another node.
    """
    prefix = f"{perception.rpartition('/')[2]}: perception"
    found = {}
    for name, status in states.items():
        rest = name[len(prefix) :]
        if name.startswith(prefix) and (not rest or rest.startswith(" ")):
            found[rest.strip() or ONLY_CAMERA] = status
    given = {status.values.get("input_topic", "") for status in found.values()} - {""}
    taken = set(pictures()) if given else set()
    # Frames that are handed over in memory come from no topic.
    return found if not given or not taken or given & taken else {}


class Topics:
    """Opens and closes subscriptions as they are wanted; lives on the executor's thread."""

    def __init__(
        self,
        node: Any,
        perception: str,
        board: Board,
        wanted: Callable[[], frozenset[str]],
        on_picture: OnMessage,
        on_mask: OnMessage,
    ) -> None:
        """Begin without a subscription.

        Args:
            node: The ``rclpy`` node.
            perception: Full name of the perception node.
            board: Takes states and classes.
            wanted: Returns what is looked at.
            on_picture: Takes the pictures.
            on_mask: Takes the masks.
        """
        self._node, self._perception, self._board = node, perception, board
        self._wanted = wanted
        self._on_picture, self._on_mask = on_picture, on_mask
        self._status: StatusTopics | None = None
        self._cameras: dict[str, CameraTopics] = {}

    def follow(self) -> None:
        """Subscribe to what is wanted now, and to nothing else."""
        wanted = self._wanted()
        if STATUS in wanted and self._status is None:
            self._status = StatusTopics(self._node, self._perception, self._board, self.follow)
        for camera, topics in list(self._cameras.items()):
            if camera not in wanted or topics.picture_topic != self._board.input_topic(camera):
                topics.close()
                del self._cameras[camera]
        for camera in wanted - {STATUS} - set(self._cameras):
            topic = self._board.input_topic(camera)
            if topic:
                self._cameras[camera] = self._open(camera, topic)
        if STATUS not in wanted and self._status is not None:
            self._status.close()
            self._status = None

    def _open(self, camera: str, topic: str) -> CameraTopics:
        outputs = self._perception + ("" if camera == ONLY_CAMERA else f"/{camera}")
        return CameraTopics(
            self._node,
            topic,
            outputs,
            lambda message, gate: self._on_picture(camera, message, gate),
            lambda message, gate: self._on_mask(camera, message, gate),
            lambda milliseconds: self._board.tell_latency(camera, milliseconds),
        )
