# SPDX-License-Identifier: Apache-2.0
"""How fast the built-in street draws on one core: ``taskset -c 0 python benchmarks/street.py``."""

from __future__ import annotations

import argparse
import statistics
import time

import cv2

from unet_perception.playback.street import Street, preset


def main() -> None:
    """Print the median frames per second of each conditions, by the clock and by CPU time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--conditions", nargs="+", default=["ClearNoon", "HardRainNoon", "ClearNight"]
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for name in options.conditions:
        street = Street(options.seed, conditions=preset(name))
        street.frame(0)
        clock, busy = [], []
        for index in range(options.frames):
            wall, work = time.perf_counter(), time.thread_time()
            street.frame(index)
            clock.append(time.perf_counter() - wall)
            busy.append(time.thread_time() - work)
        camera = street.camera
        print(
            f"{name}: {camera.width}x{camera.height}, {options.frames} frames, median "
            f"{1 / statistics.median(clock):.1f} frames/s by the clock, "
            f"{1 / statistics.median(busy):.1f} by CPU time, slowest {1000 * max(clock):.0f} ms"
        )


if __name__ == "__main__":
    main()
