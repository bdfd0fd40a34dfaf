# SPDX-License-Identifier: Apache-2.0
"""Bridge and perception in one process beside the same two in a process each.

Each round plays the same pictures through the playback server. Measured are the milliseconds from
a frame in the server to the arrival of its mask here, and the CPU time of the nodes' processes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from frame_recorder import Measured, listening
from playback_world import IMAGE, own_domain, playable, playback, round_options, running
from realtime_processes import cpu_ms

from unet_perception.demo.stack import free_port

WARM_UP_S = 6.0
KINDS = {
    "two processes": ("carla_bridge", "perception"),
    "one process": ("carla_perception",),
}


def main() -> None:
    """Measure and print a table."""
    options = round_options(__doc__)
    own_domain()
    results = {kind: Measured() for kind in KINDS}
    with playable() as folder:
        for _ in range(options.rounds):
            for kind, result in results.items():
                _round(KINDS[kind], folder, options, result)
    print(
        f"800x600 at {options.rate:g} Hz, {options.rounds} rounds of {options.seconds:g} s each, "
        "interleaved; milliseconds"
    )
    print(f"{'nodes':15} {'p50':>6} {'p95':>6} {'CPU a frame':>12} {'masks':>10}")
    for kind, measured in results.items():
        p50, p95 = np.percentile(measured.latencies or [np.nan], (50, 95))
        masks = f"{len(measured.latencies)}/{measured.sent}"
        print(f"{kind:15} {p50:6.1f} {p95:6.1f} {np.median(measured.cpu):12.2f} {masks:>10}")


def _round(
    executables: tuple[str, ...], folder: Path, options: argparse.Namespace, result: Measured
) -> None:
    port = free_port()
    values = {
        "carla_bridge:port": port,
        "carla_bridge:fixed_delta_seconds": 1.0 / options.rate,
        "carla_bridge:cameras": folder / "cameras.yaml",
        "perception:input_image_topic": IMAGE,
    }
    flags = [item for key, value in values.items() for item in ("-p", f"{key}:={value}")]
    with ExitStack() as stack:
        stack.enter_context(running(playback(port, folder / "pictures"), os.environ))
        recorder = stack.enter_context(listening("/perception/mask", result))
        pids = [
            stack.enter_context(
                running(["-m", "unet_perception.nodes", name, "--ros-args", *flags], os.environ)
            ).pid
            for name in executables
        ]
        recorder.watch(port)
        time.sleep(WARM_UP_S)
        recorder.begin()
        before = sum(map(cpu_ms, pids))
        time.sleep(options.seconds)
        frames = recorder.end()
        result.cpu.append((sum(map(cpu_ms, pids)) - before) / max(1, frames))


if __name__ == "__main__":
    main()
    # The client's threads must not meet a Python that is being torn down.
    sys.stdout.flush()
    os._exit(0)
