# SPDX-License-Identifier: Apache-2.0
"""Pairs a second that are recorded, ours beside CARLA's example, and memory over a long run.

Server, client and recorder share the machine. Each round starts a server and records into a
new folder; the time is that of the whole process, start and end included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playback_world import playback, running, write_pictures

from unet_perception.demo.stack import free_port

SERVER_START_S = 3.0
SAMPLE_S = 0.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000, help="of each round (1000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=0, metavar="N", help="memory over N pairs")
    options = parser.parse_args()
    ways: dict[str, Callable[[Path, int, int], list[str]]] = {
        "CARLA's example, cv2.imwrite": _plain,
        "unet-perception record": _ours,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder / "pictures")
        if options.long:
            _run(folder, _ours, options.long, report=True)
            return
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, command in ways.items():
                rates[way].append(options.pairs / _run(folder, command, options.pairs))
    print(f"800x600 pairs a second, median of {options.rounds} rounds of {options.pairs} pairs")
    for way, values in rates.items():
        print(f"{way:32} {np.median(values):6.1f}")


def _plain(out: Path, port: int, pairs: int) -> list[str]:
    script = Path(__file__).with_name("plain_recorder.py")
    return [str(script), str(out), str(port), str(pairs)]


def _ours(out: Path, port: int, pairs: int) -> list[str]:
    plan = ["--weathers", "ClearNoon", "--vehicles", "0", "--walkers", "0", "--keep-standing"]
    where = [str(out), "--port", str(port), "--pairs", str(pairs)]
    return ["-m", "unet_perception.cli", "record", *where, *plan]


def _run(
    folder: Path, command: Callable[[Path, int, int], list[str]], pairs: int, report: bool = False
) -> float:
    port = free_port()
    out = folder / "out"
    with running(playback(port, folder / "pictures"), os.environ):
        time.sleep(SERVER_START_S)
        start = time.monotonic()
        recorder = subprocess.Popen(
            [sys.executable, *command(out, port, pairs)],
            stdout=None if report else subprocess.DEVNULL,
        )
        memory = []
        while recorder.poll() is None:
            memory.append(_resident_mb(recorder.pid))
            time.sleep(SAMPLE_S)
        took = time.monotonic() - start
    if recorder.returncode:
        raise RuntimeError(f"the recorder ended with exit code {recorder.returncode}")
    if report:
        tenths = [max(part) for part in np.array_split(memory, 10)]
        print(f"resident memory, MB, in each tenth of the run: {[round(m) for m in tenths]}")
    shutil.rmtree(out)
    return took


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
