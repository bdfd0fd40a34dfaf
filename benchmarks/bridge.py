# SPDX-License-Identifier: Apache-2.0
"""From a frame in CARLA to the Image on its topic: ours beside a bridge as usually written.

Each round plays the same pictures through the playback server, which sends a frame's state and
picture and notes the wall time in the state. The picture's message is received here by rclpy,
raw. CPU time is the bridge's own process, all threads.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from frame_recorder import Measured, listening
from playback_world import IMAGE, own_domain, playable, playback, round_options, running
from realtime_processes import cpu_ms

from unet_perception.demo.stack import free_port

WARM_UP_S = 3.0
OURS = "ours"
PLAIN = "plain"
PLAIN_TUNED = "plain, our profile"
KINDS = (PLAIN, PLAIN_TUNED, OURS)


def main() -> None:
    """Measure and print a table."""
    options = round_options(__doc__)
    own_domain()
    plain = dict(os.environ)
    results = {kind: Measured() for kind in KINDS}
    with playable() as folder:
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
        listening(IMAGE, result) as recorder,
        running(_bridge(kind, folder, port, options.rate), environment) as bridge,
    ):
        recorder.watch(port)
        time.sleep(WARM_UP_S)
        recorder.begin()
        before = cpu_ms(bridge.pid)
        time.sleep(options.seconds)
        frames = recorder.end()
        result.cpu.append((cpu_ms(bridge.pid) - before) / max(1, frames))


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
