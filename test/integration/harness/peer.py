# SPDX-License-Identifier: Apache-2.0
"""The test's own ROS node, and the package's executables that it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy

from unet_perception.ros import process
from unet_perception.ros.transport.outputs import reliable
from unet_perception.ros.transport.shared_memory import SEGMENT, SHARED_MEMORY, mapped_by

STOP_S = 15.0
TIMEOUT_S = 60.0
ENGINE = {"engine": "openvino", "precision": "fp32", "threads": 1}


def wait_until(condition: Callable[[], Any], what: str, timeout: float = TIMEOUT_S) -> Any:
    """Return the condition's first true value."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {timeout} s: {what}")


class NodeProcess:
    """An executable of the package, in a process of its own."""

    def __init__(self, name: str, arguments: list[str], domain: int, log: Path) -> None:
        self.log = log
        with log.open("wb") as stream:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "unet_perception.nodes", name, *arguments],
                env={**os.environ, "ROS_DOMAIN_ID": str(domain)},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, signal_number: int) -> None:
        self.popen.send_signal(signal_number)

    def end(self) -> None:
        """Wait for its end after SIGTERM; one that is killed leaves shared memory behind."""
        try:
            self.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def wait(self, timeout: float = TIMEOUT_S) -> int:
        return self.popen.wait(timeout)

    def stop(self) -> int:
        self.send(signal.SIGTERM)
        return self.wait()

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_output(self, text: str) -> None:
        """Wait until the process has written something."""

        def written() -> bool:
            assert self.popen.poll() is None, self.output
            return text in self.output

        try:
            wait_until(written, f"output with {text!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there was: {self.output}") from None

    def shared_memory(self) -> set[Path]:
        """Return the middleware's segments that the process has mapped.

        Not its ports, which are small, and which everybody who sends to them keeps alive.
        """
        return {SHARED_MEMORY / name for name in mapped_by(self.popen.pid, SEGMENT)}

    def wait_for_blocked_signals(self) -> None:
        """Wait until the interpreter has come to the package's first line."""
        status = Path(f"/proc/{self.popen.pid}/status")

        def blocked() -> bool:
            line = next(x for x in status.read_text().splitlines() if x.startswith("SigBlk"))
            mask = int(line.split()[1], 16)
            return all(mask >> (number - 1) & 1 for number in process.STOP_SIGNALS)

        wait_until(blocked, "signals blocked")


class Inbox:
    """Messages of one topic, oldest first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: list[Any] = []

    def __call__(self, message: Any) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def messages(self) -> list[Any]:
        with self._changed:
            return list(self._messages)

    @property
    def newest_first(self) -> Iterator[Any]:
        """What is there now, one by one."""
        return (self._messages[index] for index in range(len(self._messages) - 1, -1, -1))

    def wait(
        self,
        accept: Callable[[Any], bool] = lambda message: True,
        timeout: float = TIMEOUT_S,
    ) -> Any:
        """Return the first message, past or to come, that is accepted."""

        def find() -> Any:
            return next((m for m in self._messages if accept(m)), None)

        with self._changed:
            self._changed.wait_for(lambda: find() is not None, timeout)
            message = find()
        assert message is not None, f"no such message within {timeout} s, of {len(self)}"
        return message


class Peer:
    """The test's own side: a ROS node that spins in the background."""

    def __init__(self, domain: int, tmp_path: Path) -> None:
        self.domain = domain
        self._tmp_path = tmp_path
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("peer", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()
        self._processes: list[NodeProcess] = []

    def _spin(self) -> None:
        while not self._closing.is_set():
            self._executor.spin_once(timeout_sec=0.1)

    def close(self) -> None:
        for started in self._processes:
            started.popen.terminate()
        for started in self._processes:
            started.end()
        self._closing.set()
        self._thread.join()
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def start(self, name: str, *arguments: str) -> NodeProcess:
        """Start an executable of the package."""
        log = self._tmp_path / f"{name}-{len(self._processes)}.log"
        started = NodeProcess(name, list(arguments), self.domain, log)
        self._processes.append(started)
        return started

    def perception(self, model: Path, *arguments: str, **parameters: object) -> NodeProcess:
        """Start the perception node and wait until it is up."""
        given = {"model": model, **ENGINE, **parameters}
        flags = [x for key, value in given.items() for x in ("-p", f"{key}:={value}")]
        started = self.start("perception", "--ros-args", *flags, *arguments)

        def up() -> bool:
            assert started.popen.poll() is None, started.output
            return bool(self.node.get_publishers_info_by_topic("/perception/mask"))

        wait_until(up, "the node's mask topic")
        return started

    def subscribe(self, kind: type, topic: str, profile: Any = None) -> Inbox:
        inbox = Inbox()
        self.node.create_subscription(kind, topic, inbox, profile or reliable(50))
        return inbox

    def publisher(self, kind: type, topic: str, profile: Any = None) -> Any:
        """Return a publisher."""
        return self.node.create_publisher(kind, topic, profile or reliable(10))

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service once it is there, and return its answer."""
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(TIMEOUT_S), f"no service {name}"
        future = client.call_async(request)
        wait_until(future.done, f"an answer of {name}")
        return future.result()

    def change_state(self, transition: str, node: str = "/perception") -> bool:
        """Ask a managed node for a transition; return whether it took place."""
        request = ChangeState.Request(transition=Transition(label=transition))
        return bool(self.call(ChangeState, f"{node}/change_state", request).success)

    def state(self, node: str = "/perception") -> str:
        """Return the state of a managed node."""
        answer = self.call(GetState, f"{node}/get_state", GetState.Request())
        return str(answer.current_state.label)

    def set_parameters(self, node: str = "/perception", **given: object) -> list[str]:
        """Set parameters; return why, for each that was refused."""
        parameters = [Parameter(name, value=value) for name, value in given.items()]
        request = SetParameters.Request(parameters=[p.to_parameter_msg() for p in parameters])
        answer = self.call(SetParameters, f"{node}/set_parameters", request)
        return [result.reason for result in answer.results if not result.successful]

    def wait_for_reader(self, topic: str, reliable: bool) -> None:
        """Wait until the node reads a topic with this reliability."""
        wanted = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT

        def reads() -> bool:
            infos = self.node.get_subscriptions_info_by_topic(topic)
            return [info.qos_profile.reliability for info in infos] == [wanted]

        wait_until(reads, f"one subscription of {topic}, {wanted.name}")
        # Seen in the graph, but the endpoints still have to match.
        time.sleep(0.3)


def values(message: Any, camera: int = 0) -> dict[str, str]:
    """The values of a diagnostic message; of the first camera, unless another is asked for."""
    return {pair.key: pair.value for pair in message.status[camera].values}
