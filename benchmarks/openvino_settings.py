# SPDX-License-Identifier: Apache-2.0
"""OpenVINO's settings for one frame at a time, interleaved in one run: which are worth having.

    python benchmarks/openvino_settings.py [--model carla_unet] [--precision bf16] [--rounds 150]

Every variant is the engine's own settings with one of them changed. Times are of this machine and
this moment; compare the ratios.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping

import numpy as np
import openvino
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from unet_perception.engines.openvino import compile_options
from unet_perception.engines.openvino_core import openvino_core
from unet_perception.engines.openvino_network import read_network
from unet_perception.model.bundle import ModelBundle, load_bundle
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.probe import probe_pictures
from unet_perception.segmenter import find_model

ENCODING = "bgra8"
OWN = "the engine's own"
IN_FLIGHT = 2

Step = Callable[[], object]


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8"), default="bf16")
    parser.add_argument("--rounds", type=int, default=150)
    options = parser.parse_args()
    bundle = load_bundle(find_model(options.model))
    picture = encode_pixels(probe_pictures(bundle.spec.input_size)[0], ENCODING)[None]
    steps = _steps(bundle, options.precision, picture)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(options.rounds):
        for name, step in steps.items():
            before = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - before)
    table = Table(title=f"{options.precision}, {len(os.sched_getaffinity(0))} cores")
    for column in ("setting", "least ms", "p25 ms", "p50 ms", "of the engine's own p25"):
        table.add_column(column, justify="left" if column == "setting" else "right")
    own = float(np.percentile(times[OWN], 25))
    for name, values in times.items():
        least, quarter, median = (float(v) for v in np.percentile(values, (0, 25, 50)))
        figures = [f"{v * 1e3:.2f}" for v in (least, quarter, median)]
        table.add_row(name, *figures, f"{quarter / own:.2f}")
    Console().print(table)


def _steps(bundle: ModelBundle, precision: str, picture: NDArray[np.uint8]) -> dict[str, Step]:
    core = openvino_core()
    cores = len(os.sched_getaffinity(0))
    bf16 = precision == "bf16" or (
        precision == "int8" and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    )

    def compiled(changes: Mapping[str, str]) -> openvino.CompiledModel:
        model = read_network(core, bundle, precision == "int8", ENCODING)
        options = {k: v for k, v in {**compile_options(cores, bf16), **changes}.items() if v}
        return core.compile_model(model, "CPU", options)

    variants: dict[str, Mapping[str, str]] = {
        OWN: {},
        "no settings but the precision": dict.fromkeys(
            ("PERFORMANCE_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS"), ""
        ),
        "one thread": {"INFERENCE_NUM_THREADS": "1"},
        "a thread more than cores": {"INFERENCE_NUM_THREADS": str(cores + 1)},
        "hint THROUGHPUT": {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": ""},
        "no hint": {"PERFORMANCE_HINT": ""},
        "without hyperthreads": {"ENABLE_HYPER_THREADING": "NO"},
        "threads pinned": {"ENABLE_CPU_PINNING": "YES"},
        "threads not pinned": {"ENABLE_CPU_PINNING": "NO"},
        "performance cores only": {"SCHEDULING_CORE_TYPE": "PCORE_ONLY"},
        "denormals kept": {"CPU_DENORMALS_OPTIMIZATION": "NO"},
        "execution mode ACCURACY": {"EXECUTION_MODE_HINT": "ACCURACY"},
    }
    steps: dict[str, Step] = {}
    for name, changes in variants.items():
        try:
            steps[name] = _Request(compiled(changes), picture).infer
        except RuntimeError as error:
            print(f"{name}: refused: {str(error).strip().splitlines()[-1]}")
    own = compiled({})
    steps["input and output copied"] = _copied(own, picture)
    steps["asynchronous, waited for"] = _in_flight([_Request(own, picture)])
    two = compiled({"PERFORMANCE_HINT": "", "NUM_STREAMS": str(IN_FLIGHT)})
    steps[f"{IN_FLIGHT} streams, time of {IN_FLIGHT} frames"] = _in_flight(
        [_Request(two, picture) for _ in range(IN_FLIGHT)]
    )
    return steps


class _Request:
    """A request on memory of ours, which lives as long: OpenVINO does not keep it alive."""

    def __init__(self, compiled: openvino.CompiledModel, picture: NDArray[np.uint8]) -> None:
        self._picture = picture
        self._ids = np.zeros(picture.shape[:3], np.uint8)
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(openvino.Tensor(self._picture, shared_memory=True))
        self._request.set_output_tensor(openvino.Tensor(self._ids, shared_memory=True))

    def infer(self) -> None:
        self._request.infer()

    def start(self) -> None:
        self._request.start_async()

    def wait(self) -> None:
        self._request.wait()


def _copied(compiled: openvino.CompiledModel, picture: NDArray[np.uint8]) -> Step:
    request = compiled.create_infer_request()
    return lambda: request.infer([picture], share_inputs=False, share_outputs=False)


def _in_flight(requests: list[_Request]) -> Step:
    def step() -> None:
        for request in requests:
            request.start()
        for request in requests:
            request.wait()

    return step


if __name__ == "__main__":
    main()
