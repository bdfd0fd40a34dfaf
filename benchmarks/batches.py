# SPDX-License-Identifier: Apache-2.0
"""Several pictures one by one against all at once, on every engine that runs here.

    python benchmarks/batches.py [--model carla_unet] [--batches 2,4] [--seconds 20]
                                 [--engines openvino,pytorch] [--threads 0] [--json FILE]

All engines take turns in one run, so they share whatever else the machine does; compare the
ratios. "At once" is the time of a batch by the time of as many single calls: its inverse is the
gain in frames per second. "Mean wait" is how much later (above 1) a picture of the batch has
its mask, on average, than one by one, where the first need not wait for the last: what
``engines/batching.py`` decides by, at opening, with the machine's own figures.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from unet_perception.engines import Engine, open_engine
from unet_perception.engines.batching import mean_wait
from unet_perception.engines.kind import ENGINE_KINDS
from unet_perception.errors import EngineError
from unet_perception.imaging import Frame, network_input
from unet_perception.model.bundle import INT8_FILES, ModelBundle, load_bundle
from unet_perception.model.encoding import ENCODINGS, encode_pixels
from unet_perception.playback.street import Street
from unet_perception.segmenter import find_model

WARM_UP = 3
MIN_ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """What was measured of one engine and one batch; times in milliseconds."""

    engine: str
    precision: str
    batch: int
    one_by_one_ms: float
    at_once_ms: float
    ratio: float
    mean_wait: float
    frames_per_s: float
    memory_mb: float
    same_pixels: float


class Variant:
    """One engine in one precision, opened for each batch, and its times."""

    def __init__(
        self, bundle: ModelBundle, name: str, precision: str, batches: Sequence[int], threads: int
    ) -> None:
        """Open the engines.

        Args:
            bundle: The network.
            name: See ``open_engine``.
            precision: See ``open_engine``.
            batches: Pictures at a time, 1 first.
            threads: See ``open_engine``.

        Raises:
            EngineError: The engine cannot run here.
        """
        self.name, self.precision = name, precision
        self.engines: dict[int, Engine] = {}
        self.memory: dict[int, float] = {}
        for batch in batches:
            before = _memory_mb(name)
            engine = open_engine(bundle, name, precision, threads, batch=batch)
            engine.infer_all()
            self.engines[batch] = engine
            self.memory[batch] = _memory_mb(name) - before
        self.single: dict[int, list[float]] = {batch: [] for batch in batches}
        self.at_once: dict[int, list[float]] = {batch: [] for batch in batches}
        self.same: dict[int, float] = {}

    def show(self, pictures: Sequence[np.ndarray]) -> None:
        """Write the pictures into all engines, and compare the batches' masks with single ones."""
        alone = [self.engines[1].infer(picture).copy() for picture in pictures]
        for batch, engine in self.engines.items():
            for place in range(batch):
                engine.inputs[place] = pictures[place]
            ids = engine.infer_all()
            self.same[batch] = float(np.mean([ids[i] == alone[i] for i in range(batch)]))

    def run(self) -> None:
        """Time each batch once, and as many single pictures."""
        for batch, engine in self.engines.items():
            before = time.perf_counter()
            for _ in range(batch):
                self.engines[1].infer_all()
            between = time.perf_counter()
            engine.infer_all()
            self.single[batch].append(between - before)
            self.at_once[batch].append(time.perf_counter() - between)

    def rows(self) -> list[Row]:
        """Return the medians; ratios are medians of the rounds' own."""
        found = []
        for batch in self.engines:
            single, at_once = np.array(self.single[batch]), np.array(self.at_once[batch])
            each = float(np.median(single)) / batch
            found.append(
                Row(
                    self.name,
                    self.precision,
                    batch,
                    float(np.median(single)) * 1e3,
                    float(np.median(at_once)) * 1e3,
                    float(np.median(at_once / single)),
                    float(np.median(at_once)) / mean_wait(batch, {1: each}),
                    batch / float(np.median(at_once)),
                    self.memory[batch],
                    self.same[batch],
                )
            )
        return found


def open_variants(
    bundle: ModelBundle, names: Sequence[str], batches: Sequence[int], threads: int
) -> list[Variant]:
    """Open engines in every precision that they have here; what cannot run is printed."""
    variants = []
    for name in names:
        kind = ENGINE_KINDS.load(name)
        for precision in kind.precisions:
            if precision == "int8" and not all(file in bundle.files for file in INT8_FILES):
                print(f"{name} int8: the bundle has none (unet-perception quantize makes one)")
                continue
            try:
                kind.check()
                variants.append(Variant(bundle, name, precision, batches, threads))
            except EngineError as error:
                print(f"{name} {precision}: {error}")
    return variants


def _memory_mb(engine: str) -> float:
    """Return the memory in use: the GPU's for engines that run there, else the process's."""
    if engine in ("tensorrt", "cuda"):
        import torch

        free, total = torch.cuda.mem_get_info()
        return (total - free) / 1e6
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return float(line.split()[1]) * 1024 / 1e6


def show(rows: Sequence[Row], title: str) -> None:
    """Print the table."""
    table = Table(title=title, title_justify="left")
    for column in (
        "engine",
        "pictures",
        "one by one ms",
        "at once ms",
        "at once",
        "mean wait",
        "frames/s",
        "memory MB",
        "same pixels",
    ):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for row in rows:
        table.add_row(
            f"{row.engine} {row.precision}",
            str(row.batch),
            f"{row.one_by_one_ms:.1f}",
            f"{row.at_once_ms:.1f}",
            f"{row.ratio:.2f}",
            f"{row.mean_wait:.2f}",
            f"{row.frames_per_s:.0f}",
            f"{row.memory_mb:.0f}",
            f"{row.same_pixels:.2%}",
        )
    Console(width=120).print(table)


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--engines", default=",".join(ENGINE_KINDS.built_in), help="with commas")
    parser.add_argument("--batches", default="2,4", help="sizes beside 1, with commas")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    bundle = load_bundle(find_model(options.model))
    batches = [1, *map(int, options.batches.split(","))]
    variants = open_variants(bundle, options.engines.split(","), batches, options.threads)
    street = Street(seed=0)
    frames = [Frame(street.frame(i * 150).rgb, "rgb8") for i in range(max(batches))]
    size = bundle.spec.input_size
    pictures = [encode_pixels(network_input(frame, size), ENCODINGS[0]) for frame in frames]
    for variant in variants:
        variant.show(pictures)
    for _ in range(WARM_UP):
        for variant in variants:
            for engine in variant.engines.values():
                engine.infer_all()
    started, rounds = time.perf_counter(), 0
    while rounds < MIN_ROUNDS or time.perf_counter() - started < options.seconds:
        for variant in variants:
            variant.run()
        rounds += 1
    rows = [row for variant in variants for row in variant.rows()]
    show(rows, f"{bundle.path.name} at {size[1]}x{size[0]}, {rounds} rounds")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
