# SPDX-License-Identifier: Apache-2.0
"""``unet-perception bench``: every engine and precision side by side, in one run."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import parse_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_SECONDS = 20.0
PICTURES = 20


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "bench", help="time every engine and precision on this machine, beside the floor"
    )
    parser.add_argument(
        "model",
        nargs="?",
        default="carla_unet",
        help="a bundle's folder, or a shipped model's name",
    )
    parser.add_argument(
        "--sizes",
        type=parse_size,
        nargs="+",
        metavar="ROWSxCOLUMNS",
        help="sizes of the network's input (default: the model's)",
    )
    parser.add_argument("--engines", nargs="+", metavar="NAME", help="default: all there are")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="frames of a dataset (default: built-in street)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=DEFAULT_SECONDS,
        help=f"time to spend on each size (default: {DEFAULT_SECONDS:g})",
    )
    parser.add_argument("--threads", type=int, default=0, help="processor threads (0: all cores)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw them there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        BundleError: The model is missing or damaged.
        ConfigError: An engine is unknown, or a file cannot be written.
        EngineError: PyTorch, the reference, is not installed.
    """
    import json
    import os

    from rich.console import Console

    from unet_perception.bench import onnx_runtime
    from unet_perception.bench.floor import open_probes
    from unet_perception.bench.measure import as_document, at_size, measure
    from unet_perception.bench.report import as_table, rates_line, save_plot
    from unet_perception.engines.kind import ENGINE_KINDS
    from unet_perception.errors import ConfigError, EngineError
    from unet_perception.model.bundle import load_bundle
    from unet_perception.model.summary import multiply_adds
    from unet_perception.segmenter import find_model

    names = options.engines or ENGINE_KINDS.names
    variants, broken = [], {}
    for name in names:
        if name not in ENGINE_KINDS:
            known = ", ".join(ENGINE_KINDS.names)
            raise ConfigError(f"engine is {name!r}; it must be one of {known}")
        try:
            variants += [(name, precision) for precision in ENGINE_KINDS.load(name).precisions]
        except EngineError as error:
            broken[name] = str(error)
    if not options.seconds > 0:
        raise ConfigError(f"seconds is {options.seconds}; it must be above 0")
    threads = options.threads or len(os.sched_getaffinity(0))
    bundle = load_bundle(find_model(options.model))
    extra = {}
    if onnx_runtime.is_installed() and not options.engines:
        extra[onnx_runtime.NAME] = onnx_runtime.open_session
    console = Console()
    results = []
    probes = open_probes(threads)
    for size in options.sizes or [bundle.spec.input_size]:
        sized = at_size(bundle, size)
        pictures = _pictures(options.data, size)
        result = measure(sized, pictures, variants, probes, threads, options.seconds, extra)
        results.append(result)
        console.print(as_table(result))
        console.print(f"{multiply_adds(sized.spec) / 1e9:.2f} thousand million multiply-adds")
        console.print(rates_line(result))
    for reason, refused in _by_reason({**results[0].refused, **broken}).items():
        console.print(f"not run: {', '.join(refused)}: {reason}", markup=False)
    if options.json:
        document = {
            "model": bundle.path.resolve().name,
            "processor": _processor(),
            "threads": threads,
            "load_average": list(os.getloadavg()),
            "sizes": [as_document(result) for result in results],
        }
        try:
            options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"json is {str(options.json)!r}: {error.strerror}") from error
    if options.plot:
        save_plot(results, options.plot, f"{_processor()}, {threads} threads")
    return 0


def _pictures(data: Path | None, size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    from unet_perception.dataset import read_image
    from unet_perception.dataset.splits import evaluation_pairs
    from unet_perception.imaging import Frame, network_input
    from unet_perception.playback.street import Street

    if data is None:
        street = Street(seed=0)
        frames = [street.frame(number * 150).rgb for number in range(PICTURES)]
    else:
        pairs, _ = evaluation_pairs(data)
        step = max(1, len(pairs) // PICTURES)
        frames = [read_image(pair.image) for pair in pairs[::step][:PICTURES]]
    return [network_input(Frame(frame, "rgb8"), size).copy() for frame in frames]


def _by_reason(refused: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for variant, reason in refused.items():
        # Each engine's message begins with its own name.
        reasons.setdefault(reason.partition(" cannot run: ")[2] or reason, []).append(variant)
    return reasons


def _processor() -> str:
    from unet_perception.engines.openvino_core import openvino_core

    return str(openvino_core().get_property("CPU", "FULL_DEVICE_NAME")).strip()
