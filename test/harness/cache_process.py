# SPDX-License-Identifier: Apache-2.0
"""A process that asks the cache for an engine: started by the tests, killed by some of them.

    python cache_process.py FOLDER LOG BUILD_SECONDS

Each build appends a line to LOG when it begins; the engine's bytes go to stdout.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from unet_perception.engines.cache import EngineCache
from unet_perception.engines.cache_entry import Entry

KEY = {"onnx_sha256": "11" * 32, "gpu": "GPU A"}


def main() -> None:
    folder, log, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])

    def build() -> tuple[bytes, Entry]:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(seconds)
        plan = f"built by {os.getpid()}".encode()
        return plan, Entry({"plan": plan})

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    cache = EngineCache(folder, say, every_s=0.2)
    engine = cache.obtain(KEY, build, lambda entry: entry.parts["plan"]).engine
    sys.stdout.buffer.write(engine)


if __name__ == "__main__":
    main()
