# SPDX-License-Identifier: Apache-2.0
"""Time of one frame through each engine, interleaved in one run, and how far they agree.

    python benchmarks/engines.py [--model carla_unet] [--rounds 200]

Times are of this machine and this moment; compare the ratios.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from unet_perception.engines import open_engine
from unet_perception.errors import EngineError
from unet_perception.imaging import Frame, network_input, upscale_ids
from unet_perception.model.bundle import load_bundle
from unet_perception.playback.street import Street
from unet_perception.segmenter import find_model

VARIANTS = (("pytorch", "fp32"), ("pytorch", "bf16"), ("openvino", "fp32"), ("openvino", "bf16"))
PICTURES = 20


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    bundle = load_bundle(find_model(options.model))
    street = Street(seed=0)
    frames = [Frame(street.frame(i * 150).rgb, "rgb8") for i in range(PICTURES)]
    engines = {}
    for variant in VARIANTS:
        try:
            engines[variant] = open_engine(bundle, *variant, encoding="rgb8")
        except EngineError as error:
            print(f"{variant[0]} {variant[1]}: {error}")
    times: dict[tuple[str, str], list[float]] = {variant: [] for variant in engines}
    around: list[float] = []
    same = dict.fromkeys(engines, 0.0)
    for turn in range(options.rounds):
        frame = frames[turn % PICTURES]
        started = time.perf_counter()
        image = network_input(frame, bundle.spec.input_size)
        prepared = time.perf_counter()
        results = {}
        for variant, engine in engines.items():
            before = time.perf_counter()
            results[variant] = engine.infer(image)
            times[variant].append(time.perf_counter() - before)
        finished = time.perf_counter()
        upscale_ids(results[VARIANTS[0]], (frame.height, frame.width))
        around.append(prepared - started + time.perf_counter() - finished)
        for variant, ids in results.items():
            same[variant] += float((ids == results[VARIANTS[0]]).mean()) / options.rounds
    reference = float(np.median(times[VARIANTS[0]]))
    height, width = bundle.spec.input_size
    table = Table(title=f"one frame, network at {width}x{height}", title_justify="left")
    for column in ("engine", "p50 ms", "p99 ms", "times as fast", "same pixels"):
        table.add_column(column, justify="right")
    for (name, precision), values in times.items():
        median, high = (float(v) for v in np.percentile(values, (50, 99)))
        table.add_row(
            f"{name} {precision}",
            f"{median * 1e3:.1f}",
            f"{high * 1e3:.1f}",
            f"{reference / median:.2f}",
            f"{same[(name, precision)]:.4%}",
        )
    Console().print(table)
    print(f"resize down and mask up, 800x600: {np.median(around) * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
