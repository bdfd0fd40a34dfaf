# SPDX-License-Identifier: Apache-2.0
"""A process that asks the cache for an engine: started by the tests, killed by some of them.

    python cache_process.py FOLDER LOG BUILD_SECONDS ENGINE_MEGABYTES

Each build appends a line to LOG when it begins; the engine's first line goes to stdout.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from unet_perception.engines.cache import EngineCache
from unet_perception.engines.cache_entry import Entry

KEY = {"onnx_sha256": "11" * 32, "gpu": "GPU A"}


def start(folder: Path, log: Path, seconds: float, size: int = 0) -> subprocess.Popen[str]:
    """Start such a process, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, str(folder), str(log), str(seconds), str(size)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )


def wait_for_build(log: Path, builds: int) -> list[str]:
    """Wait until so many builds have begun; return the ids of their processes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if log.exists() and len(lines := log.read_text().split()) >= builds:
            return lines
        time.sleep(0.02)
    raise AssertionError("no build began")


def main() -> None:
    folder, log, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    size = int(sys.argv[4]) << 20

    def build() -> tuple[bytes, Entry]:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(seconds)
        plan = f"built by {os.getpid()}\n".encode() + bytes(size)
        return plan, Entry({"plan": plan})

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    cache = EngineCache(folder, say, every_s=0.2)
    engine = cache.obtain(KEY, build, lambda entry: entry.parts["plan"]).engine
    print(engine[: engine.index(b"\n")].decode())


if __name__ == "__main__":
    main()
