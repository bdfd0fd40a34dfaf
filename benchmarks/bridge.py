# SPDX-License-Identifier: Apache-2.0
"""From a frame in CARLA to the Image on its topic: ours beside a bridge as usually written.

Each round plays the same pictures through the playback server, which sends a frame's state and
picture and notes the wall time in the state. The picture's message is received here by rclpy,
raw. CPU time is the bridge's own process, all threads.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playback_world import playback, running, write_pictures

from unet_perception.demo.stack import free_port
from unet_perception.nodes import process

WARM_UP_S = 3.0
CAMERAS = """cameras:
  rgb_front: {type: rgb, width: 800, height: 600, fov: 90, x: 2.0, z: 2.0}
"""
OURS = "ours"
PLAIN = "plain"
PLAIN_TUNED = "plain, our profile"
KINDS = (PLAIN, PLAIN_TUNED, OURS)


@dataclass
class Measured:
    """What one bridge did.

    Attributes:
        latencies: Milliseconds from the frame's state to the message's arrival.
        cpu: CPU milliseconds of its process a frame, by round.
        sent: Frames that the server made.
    """

    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    sent: int = 0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round (10)")
    parser.add_argument("--rate", type=float, default=20.0, help="frames a second (20)")
    options = parser.parse_args()
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    plain = dict(os.environ)
    process.prepare()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, process.STOP_SIGNALS)
    results = {kind: Measured() for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cameras.yaml").write_text(CAMERAS)
        write_pictures(folder / "pictures")
        for _ in range(options.rounds):
            for kind in KINDS:
                environment = plain if kind == PLAIN else dict(os.environ)
                _round(kind, folder, options, environment, results[kind])
    _print(results, options)


def _round(
    kind: str,
    folder: Path,
    options: argparse.Namespace,
    environment: Mapping[str, str],
    result: Measured,
) -> None:
    port = free_port()
    with (
        running(playback(port, folder / "pictures"), environment),
        _listening(result) as recorder,
        running(_bridge(kind, folder, port, options.rate), environment) as bridge,
    ):
        recorder.watch(port)
        time.sleep(WARM_UP_S)
        recorder.begin()
        before = _cpu_ms(bridge.pid)
        time.sleep(options.seconds)
        frames = recorder.end()
        result.cpu.append((_cpu_ms(bridge.pid) - before) / max(1, frames))


def _bridge(kind: str, folder: Path, port: int, rate: float) -> list[str]:
    if kind != OURS:
        return [str(Path(__file__).with_name("plain_bridge.py")), str(port), str(rate)]
    values = {
        "port": port,
        "fixed_delta_seconds": 1.0 / rate,
        "cameras": folder / "cameras.yaml",
    }
    pairs = [item for key, value in values.items() for item in ("-p", f"{key}:={value}")]
    return ["-m", "unet_perception.nodes", "carla_bridge", "--ros-args", *pairs]


class Recorder:
    """Wall times of frames in the server and of their messages here."""

    def __init__(self, result: Measured) -> None:
        """Record nothing before ``begin``."""
        self._result = result
        self._lock = threading.Lock()
        self._made: dict[int, float] = {}
        self._arrived: dict[int, float] = {}
        self._recording = False
        self._kept: list[Any] = []

    def watch(self, port: int) -> None:
        """Follow the server's frames with a client that only listens."""
        import carla

        deadline = time.monotonic() + 20.0
        while True:
            try:
                client = carla.Client("127.0.0.1", port, 2)
                client.set_timeout(2.0)
                world = client.get_world()
                break
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
        world.on_tick(self._made_frame)
        # Freed while the server goes away, the client would abort this process.
        self._kept.append((client, world))
        _KEPT.append(self._kept)

    def _made_frame(self, snapshot: Any) -> None:
        stamp = snapshot.timestamp
        with self._lock:
            if self._recording:
                self._made[round(stamp.elapsed_seconds * 1e9)] = stamp.platform_timestamp

    def arrived(self, data: bytes) -> None:
        """Take a serialised Image, whose stamp follows the four bytes of its encoding."""
        now = time.time()
        seconds, nanoseconds = np.frombuffer(data, np.uint32, 2, 4).tolist()
        with self._lock:
            self._arrived[seconds * 1_000_000_000 + nanoseconds] = now

    def begin(self) -> None:
        """Record from now on."""
        with self._lock:
            self._recording = True

    def end(self) -> int:
        """Stop recording; return the number of frames that were made."""
        with self._lock:
            self._recording = False
            made, arrived = dict(self._made), dict(self._arrived)
        self._result.sent += len(made)
        self._result.latencies += [
            (arrived[stamp] - then) * 1e3 for stamp, then in made.items() if stamp in arrived
        ]
        return len(made)


_KEPT: list[Any] = []


@contextmanager
def _listening(result: Measured) -> Iterator[Recorder]:
    import rclpy
    from rclpy.signals import SignalHandlerOptions
    from sensor_msgs.msg import Image

    from unet_perception.nodes.outputs import reliable
    from unet_perception.nodes.spin import Watch, spinning

    recorder = Recorder(result)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("recorder")
    topic = "/carla/ego_vehicle/rgb_front/image"
    node.create_subscription(Image, topic, recorder.arrived, reliable(5), raw=True)
    try:
        with spinning([node], Watch()):
            yield recorder
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")


def _print(results: Mapping[str, Measured], options: argparse.Namespace) -> None:
    print(
        f"800x600 at {options.rate:g} Hz, {options.rounds} rounds of {options.seconds:g} s each, "
        "interleaved; milliseconds"
    )
    print(f"{'bridge':20} {'p50':>6} {'p95':>6} {'CPU a frame':>12} {'received':>12}")
    for kind, measured in results.items():
        p50, p95 = np.percentile(measured.latencies or [np.nan], (50, 95))
        received = f"{len(measured.latencies)}/{measured.sent}"
        cpu = float(np.median(measured.cpu))
        print(f"{kind:20} {p50:6.1f} {p95:6.1f} {cpu:12.2f} {received:>12}")


if __name__ == "__main__":
    main()
    # The client's threads must not meet a Python that is being torn down.
    sys.stdout.flush()
    os._exit(0)
