# SPDX-License-Identifier: Apache-2.0
"""Life of a node's process: start, spin until told to stop, and leave in good order."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from unet_perception.errors import ConfigError, UnetPerceptionError
from unet_perception.nodes import process

SHUTDOWN_S = 8.0
"""Longer than any frame in work; shorter than the patience of launch and of the demo."""


class App(Protocol):
    """What a node does besides its callbacks."""

    def close(self) -> None:
        """Stop and join every thread; called once, while the node still exists."""


class Watch:
    """Takes the first failure of any thread and ends the process because of it."""

    def __init__(self) -> None:
        """Start without a failure."""
        self.failure: Exception | None = None
        self._lock = threading.Lock()

    def fail(self, error: Exception) -> None:
        """Report a failure from a thread that cannot go on."""
        with self._lock:
            self.failure = self.failure or error
        process.ask_to_stop()

    def thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Return a thread, not started, whose failure ends the process."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:
                self.fail(error)

        return threading.Thread(target=guarded, name=name)


def run(name: str, start: Callable[[Any, Watch], App], shutdown_s: float = SHUTDOWN_S) -> int:
    """Run a node until SIGINT or SIGTERM.

    Args:
        name: Name of the node, unless the user remaps it.
        start: Makes the application from the ``rclpy`` node.
        shutdown_s: Seconds after which a process is left that was told to stop.

    Returns:
        The exit code: 0 when told to stop, 1 after a failure, which is told on stderr.
    """
    watch = Watch()
    try:
        _run(name, start, watch, shutdown_s)
    except UnetPerceptionError as error:
        return _report(name, "cannot start", error)
    if watch.failure is not None:
        return _report(name, "stopped", watch.failure)
    return 0


def _run(name: str, start: Callable[[Any, Watch], App], watch: Watch, shutdown_s: float) -> None:
    try:
        # NO: rclpy's own handlers would race with the ordered shutdown below.
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        extra = remove_ros_args(sys.argv)[1:]
        node = rclpy.create_node(name)
    except RuntimeError as error:
        rclpy.try_shutdown()
        raise ConfigError(f"ROS refused to start: {error}") from error
    try:
        if extra:
            raise ConfigError(
                f"argument {extra[0]!r} is not known; ROS arguments are taken, such as "
                "--ros-args --params-file FILE"
            )
        # Opening a model takes a while: do not begin it when already told to stop.
        if not process.stop_is_pending():
            app = start(node, watch)
            with spinning(node, watch):
                process.wait_for_stop()
                _limit_shutdown(name, watch, shutdown_s)
            app.close()
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


@contextmanager
def spinning(node: Any, watch: Watch) -> Iterator[None]:
    """Run a node's callbacks on a thread for as long as the ``with`` block runs."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    stopping = threading.Event()

    def spin() -> None:
        while not stopping.is_set():
            executor.spin_once()

    spinner = watch.thread("executor", spin)
    spinner.start()
    try:
        yield
    finally:
        # The executor is shut down once nothing uses it: shut down while it spins, it raises
        # InvalidHandle now and then. Only work makes spin_once return, so give it some.
        stopping.set()
        executor.create_task(lambda: None)
        spinner.join()
        executor.shutdown()


def _limit_shutdown(name: str, watch: Watch, seconds: float) -> None:
    # Seen once in some hundred stops on a loaded machine: the middleware does not return from
    # its own shutdown. Whoever told the node to stop must not have to kill it.
    def leave() -> None:
        print(f"{name}: shutdown took over {seconds:g} s; leaving", file=sys.stderr, flush=True)
        os._exit(0 if watch.failure is None else 1)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def _report(name: str, what: str, error: Exception) -> int:
    if not isinstance(error, UnetPerceptionError):
        traceback.print_exception(error)
    message = " ".join(str(error).split()) or type(error).__name__
    print(f"{name}: {what}: {message}", file=sys.stderr, flush=True)
    return 1
