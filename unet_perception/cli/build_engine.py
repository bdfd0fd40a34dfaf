# SPDX-License-Identifier: Apache-2.0
"""``unet-perception build-engine``: TensorRT's engine ahead of the first start, and its proof."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unet_perception.engines import Engine

PRECISIONS = ("auto", "fp16", "fp32")
DEFAULT_FRAMES = 1000


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "build-engine",
        help="build a TensorRT engine for this GPU, test it, time it, and keep it for the node",
    )
    parser.add_argument("model", help="a bundle's folder, or the name of a shipped model")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument(
        "--encoding",
        default="bgra8",
        help="order of the camera's colours: bgra8 as CARLA's (default), rgba8, bgr8 or rgb8",
    )
    parser.add_argument(
        "--frames",
        type=int,
        default=DEFAULT_FRAMES,
        help=f"frames to time it on, 0 for none (default: {DEFAULT_FRAMES})",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build or read the engine, and print what it is.

    Raises:
        BundleError: The model is missing or damaged.
        EngineError: There is no GPU or no TensorRT, or they refuse the network.
    """
    from unet_perception.engines import open_engine
    from unet_perception.engines.cache import default_folder
    from unet_perception.engines.cuda_device import cuda_device
    from unet_perception.model.bundle import load_bundle
    from unet_perception.segmenter import find_model

    bundle = load_bundle(find_model(options.model))
    started = time.monotonic()
    engine = open_engine(
        bundle,
        "tensorrt",
        options.precision,
        encoding=options.encoding,
        report=lambda line: print(line, file=sys.stderr, flush=True),
    )
    ready = time.monotonic() - started
    info, device = engine.info, cuda_device()
    height, width = bundle.spec.input_size
    print(f"model       {bundle.path}, {width}x{height}, {options.encoding}")
    print(f"TensorRT    {info.version}, {info.precision}")
    print(f"GPU         {device.name} ({device.capability}), driver {device.driver}")
    print(f"engine      {info.detail}")
    print(f"cache       {default_folder()}")
    print(f"ready after {ready:.1f} s")
    if options.frames > 0:
        print(f"one frame   {_timing(engine, options.frames)}")
    engine.close()
    return 0


def _timing(engine: Engine, frames: int) -> str:
    import numpy as np

    times = np.empty(frames)
    for turn in range(frames):
        before = time.perf_counter()
        engine.infer()
        times[turn] = time.perf_counter() - before
    p50, p99 = (float(v) * 1e3 for v in np.percentile(times, (50, 99)))
    return f"p50 {p50:.3f} ms, p99 {p99:.3f} ms, {1.0 / float(times.mean()):.0f} frames a second"
