# SPDX-License-Identifier: Apache-2.0
"""Life of a node's process: start, spin until told to stop, and leave in good order."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from unet_perception.errors import ConfigError, UnetPerceptionError
from unet_perception.ros import process
from unet_perception.ros.transport.dead_ports import dead_ports_held
from unet_perception.ros.transport.torn_ports import SAID, start_again, wait_for_torn_port

SHUTDOWN_S = 8.0
"""Longer than any frame in work; shorter than the patience of launch and of the demo."""


class App(Protocol):
    """What a node does besides its callbacks."""

    def close(self) -> None:
        """Stop and join every thread; called once, while the node still exists."""


class Watch:
    """Takes the first failure of any thread and ends the process because of it.

    Attributes:
        failure: The failure.
        what: What came of it, in a word or two.
        stopping: Set once the process was told to stop.
        deaf: The middleware has lost this process; only a new start helps.
    """

    def __init__(self) -> None:
        """Start without a failure."""
        self.failure: Exception | None = None
        self.what = "stopped"
        self.deaf = False
        self.stopping = threading.Event()
        self._lock = threading.Lock()

    def fail(self, error: Exception, what: str = "stopped") -> None:
        """Report a failure from a thread that cannot go on."""
        with self._lock:
            if self.failure is None:
                self.failure, self.what = error, what
        process.ask_to_stop()

    def hear_nothing(self) -> None:
        """End, and begin anew."""
        self.deaf = True
        process.ask_to_stop()

    def thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Return a thread, not started, whose failure ends the process."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:
                self.fail(error)

        return threading.Thread(target=guarded, name=name)


@dataclass(frozen=True)
class Part:
    """One node of a process.

    Attributes:
        name: Name of the node, unless the user remaps it.
        start: Makes the application from the node.
        make: Makes the node from its name.
    """

    name: str
    start: Callable[[Any, Watch], App]
    make: Callable[[str], Any] = rclpy.create_node


def run(*parts: Part, shutdown_s: float = SHUTDOWN_S) -> int:
    """Run nodes until SIGINT or SIGTERM.

    A process that the middleware has made deaf starts again and does not return from here.

    Args:
        parts: The nodes, started in this order and closed in the other.
        shutdown_s: Seconds after which a process is left that was told to stop.

    Returns:
        The exit code: 0 when told to stop, 1 after a failure, which is told on stderr.
    """
    name = parts[0].name
    watch = Watch()
    try:
        _run(parts, watch, shutdown_s)
    except UnetPerceptionError as error:
        return _report(name, "cannot start", error)
    if watch.failure is not None:
        return _report(name, watch.what, watch.failure)
    if watch.deaf:
        print(f"{name}: {SAID}", file=sys.stderr)
        start_again()
    return 0


def _run(parts: Sequence[Part], watch: Watch, shutdown_s: float) -> None:
    with ExitStack() as undo:
        undo.callback(rclpy.try_shutdown)
        try:
            # NO: rclpy's own handlers would race with the ordered shutdown below.
            rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
            extra = remove_ros_args(sys.argv)[1:]
            nodes = []
            with dead_ports_held():
                for part in parts:
                    nodes.append(part.make(part.name))
                    undo.callback(nodes[-1].destroy_node)
        except RuntimeError as error:
            raise ConfigError(f"ROS refused to start: {error}") from error
        if extra:
            raise ConfigError(
                f"argument {extra[0]!r} is not known; ROS arguments are taken, such as "
                "--ros-args --params-file FILE"
            )
        # Opening a model takes a while: do not begin it when already told to stop.
        if process.stop_is_pending():
            return
        for part, node in zip(parts, nodes, strict=True):
            undo.callback(part.start(node, watch).close)
        listening = watch.thread(
            "torn ports", partial(wait_for_torn_port, watch.stopping, watch.hear_nothing)
        )
        listening.start()
        undo.callback(listening.join)
        undo.callback(watch.stopping.set)
        with spinning(nodes, watch):
            process.wait_for_stop()
            watch.stopping.set()
            _limit_shutdown(parts[0].name, watch, shutdown_s)


@contextmanager
def spinning(nodes: Sequence[Any], watch: Watch) -> Iterator[None]:
    """Run the nodes' callbacks on a thread for as long as the ``with`` block runs."""
    executor = SingleThreadedExecutor()
    for node in nodes:
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
        os._exit(1 if watch.failure or watch.deaf else 0)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def _report(name: str, what: str, error: Exception) -> int:
    if isinstance(error, MemoryError):
        # Where it happened tells nothing, and rclpy does not get over it: a subscription whose
        # message found no room is never served again.
        error = UnetPerceptionError("there is not enough memory")
    if not isinstance(error, UnetPerceptionError):
        traceback.print_exception(error)
    message = " ".join(str(error).split()) or type(error).__name__
    print(f"{name}: {what}: {message}", file=sys.stderr, flush=True)
    return 1
