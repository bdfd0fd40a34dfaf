# SPDX-License-Identifier: Apache-2.0
"""Two threads, each with an engine of its own on one GPU, for many frames: no mask is mixed up.

    python test/harness/cuda_proof.py [--engine cuda] [--frames 100000]

The second thread opens its engine, and captures its graph, while the first one already runs.
Each frame is one of several pictures; its mask must be the one that this picture had the first
time, byte for byte. A stale graph, a buffer that is shared, or a copy that is still under way
when the mask is read would show.
"""

from __future__ import annotations

import argparse
import hashlib
import threading
import time

import numpy as np

from unet_perception.engines import open_engine
from unet_perception.model.bundle import ModelBundle, load_bundle
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.probe import probe_pictures
from unet_perception.segmenter import find_model

THREADS = 2


def prove(bundle: ModelBundle, engine_name: str, frames: int) -> list[str]:
    """Return what went wrong, nothing if all masks were right."""
    pictures = [encode_pixels(p, "bgra8") for p in probe_pictures(bundle.spec.input_size)]
    pictures += [np.roll(pictures[0], 8 * i, axis=1) for i in range(1, 8)]
    started = threading.Event()
    problems: list[str] = []

    def work(number: int) -> None:
        try:
            if number:
                assert started.wait(120), "the first thread never began"
            engine = open_engine(bundle, engine_name, encoding="bgra8")
            first: dict[int, str] = {}
            for frame in range(frames // THREADS):
                which = (frame * 7 + number * 3) % len(pictures)
                found = hashlib.sha1(engine.infer(pictures[which])).hexdigest()
                if found != first.setdefault(which, found):
                    problems.append(f"thread {number}, frame {frame}: another mask")
                    break
                if frame == 100:
                    started.set()
            if len(set(first.values())) < len(pictures) // 2:
                problems.append(f"thread {number}: pictures have the same mask")
            engine.close()
        except Exception as error:
            problems.append(f"thread {number}: {error!r}")
        finally:
            started.set()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--engine", default="cuda")
    parser.add_argument("--frames", type=int, default=100_000)
    options = parser.parse_args()
    before = time.monotonic()
    problems = prove(load_bundle(find_model(options.model)), options.engine, options.frames)
    for problem in problems:
        print(problem)
    print(f"{options.frames} frames in {time.monotonic() - before:.1f} s, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
