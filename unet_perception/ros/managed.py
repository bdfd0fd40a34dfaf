# SPDX-License-Identifier: Apache-2.0
"""A managed (lifecycle) node: https://design.ros2.org/articles/node_lifecycle.html."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

from unet_perception.errors import UnetPerceptionError


class Life(Protocol):
    """What a node does in its transitions, on the executor's thread.

    Each raises a ``UnetPerceptionError`` where the transition is not possible; what it began
    is then to be undone already.
    """

    def configure(self) -> None:
        """Get everything ready."""

    def activate(self) -> None:
        """Begin to work."""

    def deactivate(self) -> None:
        """Pause."""

    def cleanup(self) -> None:
        """Undo ``configure``; called in any state, also twice."""

    def end(self) -> None:
        """Take note that the node has been shut down for good."""


class ManagedNode(LifecycleNode):  # type: ignore[misc]  # rclpy has no types here
    """Calls a ``Life``; rclpy itself would swallow what its callbacks raise."""

    def __init__(self, name: str) -> None:
        """Make the node, unconfigured and without a life."""
        super().__init__(name)
        self.life: Life | None = None
        self.failure: UnetPerceptionError | None = None

    @property
    def state(self) -> str:
        """``unconfigured``, ``inactive``, ``active`` or ``finalized``, or a transition's name."""
        return str(self._state_machine.current_state[1])

    def destroy_node(self) -> None:
        """Destroy the node and its state machine, which would keep it alive in the middleware."""
        super().destroy_node()
        self._state_machine.destroy_when_not_in_use()

    def on_configure(self, state: Any) -> Any:
        """Configure."""
        return self._step(lambda life: life.configure())

    def on_activate(self, state: Any) -> Any:
        """Activate."""
        return self._step(lambda life: life.activate())

    def on_deactivate(self, state: Any) -> Any:
        """Deactivate."""
        return self._step(lambda life: life.deactivate())

    def on_cleanup(self, state: Any) -> Any:
        """Clean up."""
        return self._step(lambda life: life.cleanup())

    def on_error(self, state: Any) -> Any:
        """Clean up after an unexpected error, so that the node can be configured again."""
        return self._step(lambda life: life.cleanup())

    def on_shutdown(self, state: Any) -> Any:
        """Clean up for good."""

        def end(life: Life) -> None:
            life.cleanup()
            life.end()

        return self._step(end)

    def _step(self, step: Callable[[Life], None]) -> Any:
        self.failure = None
        try:
            if self.life is not None:
                step(self.life)
        except UnetPerceptionError as error:
            self.failure = error
            self.get_logger().error(" ".join(str(error).split()))
            return TransitionCallbackReturn.FAILURE
        except Exception:
            self.get_logger().error(traceback.format_exc())
            return TransitionCallbackReturn.ERROR
        return TransitionCallbackReturn.SUCCESS
